/** What can go wrong between us and clamd, as a closed set of codes. None of them says anything about the bytes scanned. */

/**
 * `UNREACHABLE`: nobody answered, or the connection was lost before a reply. `PROTOCOL`: it answered, and neither with a
 * result nor with a limit that the bytes exceed: an error of its own, a reply cut short, a reply nobody knows.
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
