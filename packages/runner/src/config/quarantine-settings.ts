/** Reads the table `[quarantine]` of candy.toml: how long messages are kept, and who is told of new ones. */
import { parseMailAddress } from '../chain/mail-address.js'
import type { Section } from './section.js'

export interface QuarantineSettings {
  /** Milliseconds for which a message is kept. */
  readonly keep: number | 'forever'
  /** Bytes of all messages together. Absent: no limit. */
  readonly maxSize?: number
  /** The address that is told of new messages. Absent: nobody is. */
  readonly notify?: string
}

/** Thirty days. */
const KEEP = 30 * 24 * 60 * 60 * 1000

export function readQuarantineSettings(section: Section): QuarantineSettings {
  const keep = section.periodOr('keep', 'forever') ?? KEEP
  const maxSize = section.size('max_size')
  const notify = section.text('notify')
  if (notify !== undefined && parseMailAddress(notify) === undefined) {
    section.wrong('notify', 'must be a mail address: "postmaster@example.org"')
  }
  return { keep, ...(maxSize !== undefined && { maxSize }), ...(notify !== undefined && { notify }) }
}
