/**
 * Mail addresses as an envelope has them: a local part, which may be quoted, and a domain or an address literal (RFC 5321
 * §4.1.2), all of it in ASCII or UTF-8 (RFC 6531 §3.3). What Postfix takes against the letter of that passes too, dots in a row
 * say: strangers have such addresses.
 */

export interface MailAddress {
  /** As it is written, quotes included. */
  readonly local: string
  /** Absent in `postmaster`, which is in a domain of this host's. */
  readonly domain?: string
}

const QUOTED = String.raw`"(?:[^"\\\p{Cc}]|\\[ -~])*"`
const UNQUOTED = String.raw`[^\s\p{Cc}"(),:;<>@[\\\]]+`
const DOMAIN = String.raw`(?!\.)[^\s\p{Cc}"(),:;<>@[\\\]*]+|\[[^\s\p{Cc}[\\\]]+\]`

const WHOLE_ADDRESS = new RegExp(`^(${QUOTED}|${UNQUOTED})(?:@(${DOMAIN}))?$`, 'u')
const WHOLE_DOMAIN = new RegExp(`^(?:${DOMAIN})$`, 'u')

/** Undefined for what is no address. */
export function parseMailAddress(text: string): MailAddress | undefined {
  const [, local, domain] = WHOLE_ADDRESS.exec(text) ?? []
  if (local === undefined) return undefined
  return domain === undefined ? { local } : { local, domain }
}

/** Whether something may stand behind the `@` of an address. */
export function isDomain(text: string): boolean {
  return WHOLE_DOMAIN.test(text)
}
