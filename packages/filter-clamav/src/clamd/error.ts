/** What can go wrong while a clamd is asked, as a closed set of codes. None of them says anything about the bytes scanned. */

/**
 * `UNREACHABLE`: no connection, or it was lost before any reply. `PROTOCOL`: clamd answered, but neither with a result nor with a
 * limit that the bytes exceed: with an error of its own, a reply that is cut short, or a reply that is not known.
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
