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
  /** The mode in which the message came. */
  readonly mode: 'pipe' | 'smtp' | 'smtp-before'
  readonly envelope: Envelope
  /** The commands with which the message would have gone on, with all their parameters. */
  readonly commands: RecordedCommands
  /** Which filter decided, and why. */
  readonly reason: { readonly filter: string; readonly text: string; readonly status: Status }
  /** The result of each filter. */
  readonly reports: readonly RecordedReport[]
  /** Fields of the message's header, one character a byte (Latin-1), each where there is one. */
  readonly header: { readonly from?: string; readonly subject?: string; readonly messageId?: string }
  /** Length of `message.eml` in bytes. */
  readonly size: number
}

/** Lines of SMTP without CRLF, one character a byte (Latin-1). */
interface RecordedCommands {
  readonly xforward: readonly string[]
  readonly mail: string
  /** One for each recipient of the envelope, in order. */
  readonly recipients: readonly string[]
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
