/** A command that cannot go on: what happened, for standard error, and the exit status. */
export class Failure extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
