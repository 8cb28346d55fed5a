/** What is wrong with what the other side sent, or with what a caller wants to send, as a closed set of codes. */

export type MilterErrorCode =
  /** A packet of no bytes, or of more than the reader takes. */
  | 'LENGTH'
  /** Mail Transfer Agent and milter have no version or option in common that this package needs. */
  | 'NEGOTIATION'
  /** A packet that cannot come at this point of the session. */
  | 'ORDER'
  /** A command that Postfix does not send, or one whose data is not what the protocol says. */
  | 'PACKET'
  /** A reply that the protocol cannot carry. Nothing was written. */
  | 'REPLY'

/** After any error but `REPLY` the connection cannot be used any more: close it. Test `error.code`, not `instanceof`. */
export class MilterError extends Error {
  readonly code: MilterErrorCode

  constructor(code: MilterErrorCode, message: string) {
    super(message)
    this.name = 'MilterError'
    this.code = code
  }
}
