/** What can go wrong between us and a spamd. None of it says anything about the message. */

/**
 * `unreachable`: there is no spamd, or it says that it cannot serve now. `protocol`: its answer cannot be understood or
 * is not whole. `limit`: it gave up at a limit of its own.
 */
export type FaultKind = 'unreachable' | 'protocol' | 'limit'

/** An error of a spamd or of the way to it. The message names the address. */
export class SpamdFault extends Error {
  readonly kind: FaultKind
  /** Whether it may pass within seconds: a spamd that is starting refuses connections, or has not made its socket yet. */
  readonly passing: boolean

  constructor(kind: FaultKind, message: string, options: ErrorOptions & { readonly passing?: boolean } = {}) {
    super(message, options)
    this.name = 'SpamdFault'
    this.kind = kind
    this.passing = options.passing ?? false
  }
}
