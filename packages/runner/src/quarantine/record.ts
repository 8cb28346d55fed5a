/**
 * What the quarantine knows of a message: the file `record.json` beside `message.eml`. The form of the file is a promise,
 * since later versions read it; docs/json.md names every member.
 */
import type { Envelope, Status } from '@candy/sdk'

export interface QuarantineRecord {
  /** Of this form. */
  readonly version: 1
  /** Postfix's queue id where there was one, else candy's own. */
  readonly id: string
  /** When the message came into the quarantine: ISO 8601, UTC. */
  readonly time: string
  readonly envelope: Envelope
  /** Which filter decided, and why. */
  readonly reason: { readonly filter: string; readonly text: string; readonly status: Status }
  /** The result of each filter. */
  readonly reports: readonly RecordedReport[]
  /** Length of `message.eml` in bytes. */
  readonly size: number
}

interface RecordedReport {
  readonly name: string
  readonly action: 'accept' | 'reject' | 'quarantine' | 'defer' | 'unscannable' | 'error' | 'skipped'
  readonly milliseconds: number
  /** The verdict's text, or the error's. */
  readonly text?: string
  /** The error's code, where it has one. */
  readonly code?: string
  /** The filter can say more of the fault: `candy list --ask`. */
  readonly askable?: true
}
