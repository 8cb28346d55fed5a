/** The errors of asking a spamd. None of them says anything about the message. */

/**
 * `UNREACHABLE`: nothing accepts the connection, or spamd answers that it cannot serve now. `PROTOCOL`: the answer cannot be
 * understood or is not whole. `LIMIT`: spamd gave up at one of its own limits.
 */
export type SpamdErrorCode = 'UNREACHABLE' | 'PROTOCOL' | 'LIMIT'

/** An error of a spamd, or of connecting to it. exchange.ts puts the spamd's address in front of the message. */
export class SpamdError extends Error {
  readonly code: SpamdErrorCode

  constructor(code: SpamdErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SpamdError'
    this.code = code
  }
}
