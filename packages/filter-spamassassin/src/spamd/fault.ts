/** What can go wrong while a spamd is asked. None of it says anything about the message. */

/**
 * `unreachable`: nothing accepts the connection, or spamd answers that it cannot serve now. `protocol`: the answer cannot be
 * understood or is not whole. `limit`: spamd gave up at a limit of its own.
 */
export type FaultKind = 'unreachable' | 'protocol' | 'limit'

/** An error of a spamd or of connecting to it. The message names the address once it leaves this folder. */
export class SpamdFault extends Error {
  readonly kind: FaultKind

  constructor(kind: FaultKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SpamdFault'
    this.kind = kind
  }
}
