/** The npm package `spamc` 0.0.5, as far as it is used: it has no types of its own. */
declare module 'spamc' {
  class Spamc {
    constructor(host: string, port: number, timeoutSeconds?: number)
    ping(done: Spamc.Done<boolean>): this
    check(message: string, done: Spamc.Done<Spamc.Result>): this
    symbols(message: string, done: Spamc.Done<Spamc.Result>): this
  }

  namespace Spamc {
    interface Result {
      readonly isSpam?: boolean
      readonly spamScore?: number
      readonly baseSpamScore?: number
      readonly matches?: readonly string[]
    }
    type Done<T> = (error: Error | null, result?: T) => void
  }

  export = Spamc
}
