/** The errors of asking a clamd. None of them says anything about the bytes scanned. */

/**
 * `UNREACHABLE`: there was no connection, or it was lost before a reply came. `PROTOCOL`: clamd's reply is one of its own
 * errors, is cut short or is not known; a result, or a limit that the bytes exceed, is no error.
 */
export type ClamdErrorCode = 'PROTOCOL' | 'UNREACHABLE'

/** The message is for the operator: it names sockets and hosts. */
export class ClamdError extends Error {
  readonly code: ClamdErrorCode

  constructor(code: ClamdErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ClamdError'
    this.code = code
  }
}
