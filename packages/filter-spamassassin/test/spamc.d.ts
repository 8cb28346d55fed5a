/** The npm package `spamc` 0.0.5, as far as it is used: it has no types of its own. */
declare module 'spamc' {
  interface Result {
    readonly responseCode: number
    readonly responseMessage: string
    readonly isSpam?: boolean
    readonly spamScore?: number
    readonly baseSpamScore?: number
    readonly matches?: readonly string[]
  }
  type Done<T> = (error: Error | null, result?: T) => void

  export default class Spamc {
    constructor(host: string, port: number, timeoutSeconds?: number)
    ping(done: Done<boolean>): this
    check(message: string, done: Done<Result>): this
    symbols(message: string, done: Done<Result>): this
    learn(message: string, lesson: 'spam' | 'ham', done: Done<Result>): this
  }
}
