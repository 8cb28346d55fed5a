/** A parameter of Postfix as candy sets it. */
export interface ParameterSetting {
  readonly name: string
  readonly value: string
  /** The reason, which docs/enable.md repeats. */
  readonly why: string
}

/**
 * No limit: what the first smtpd(8) has taken must come back, whatever main.cf allows today, and a filter may add to it. The
 * message is still bounded, by the limit of that smtpd(8) and by what the site's filters add.
 */
export const noSizeLimit: ParameterSetting = {
  name: 'message_size_limit',
  value: '0',
  why: 'what was taken must come back, with what a filter adds, whatever main.cf allows by then',
}
