/** A setting of a Postfix parameter that candy writes. */
export interface ParameterSetting {
  readonly name: string
  readonly value: string
  /** The reason, which docs/enable.md repeats. */
  readonly why: string
}

/**
 * Removes the size limit for mail that comes back. Postfix must take back every message that its first smtpd(8) accepted, even if
 * a filter made it larger or the limit in main.cf was lowered meanwhile. The limit of the first smtpd(8) still bounds the size.
 */
export const noSizeLimit: ParameterSetting = {
  name: 'message_size_limit',
  value: '0',
  why: 'Postfix must take back every message that it has accepted, even if a filter added to it or the limit in main.cf was lowered since.',
}
