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
  readonly mode: 'pipe' | 'smtp' | 'smtp-before' | 'milter'
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
  /** The filter can say more of the problem: `candy list --ask`. */
  readonly askable?: true
}

/** The record in a text. Throws a TypeError that says what is wrong with it. */
export function parseRecord(text: string): QuarantineRecord {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    throw new TypeError('is not JSON')
  }
  const problem = problemOf(record)
  if (problem !== undefined) throw new TypeError(problem)
  return record as QuarantineRecord
}

type Members = Readonly<Record<string, unknown>>

function problemOf(record: unknown): string | undefined {
  if (!isObject(record)) return 'is no object'
  if (record.version !== 1) return `has version ${JSON.stringify(record.version)}, and this candy knows 1`
  const { envelope, commands, reason, reports, header } = record
  const checks: Readonly<Record<string, boolean>> = {
    id: isText(record.id),
    time: isText(record.time),
    mode: isText(record.mode),
    envelope:
      isObject(envelope) && isText(envelope.sender) && isTexts(envelope.recipients) && isClient(envelope.client),
    commands: isObject(commands) && isText(commands.mail) && isTexts(commands.xforward) && isTexts(commands.recipients),
    reason: isObject(reason) && isText(reason.filter) && isText(reason.text) && isStatus(reason.status),
    reports: Array.isArray(reports) && reports.every(isReport),
    header: isObject(header) && Object.values(header).every(isText),
    size: Number.isSafeInteger(record.size),
  }
  const wrong = Object.entries(checks).find(([, isRight]) => !isRight)?.[0]
  if (wrong !== undefined) return `has no usable member ${wrong}`
  const { recipients } = envelope as Members as { readonly recipients: readonly string[] }
  const lines = (commands as Members).recipients as readonly string[]
  return recipients.length > 0 && recipients.length === lines.length
    ? undefined
    : 'has not one command for each recipient'
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

function isClient(value: unknown): boolean {
  return value === undefined || (isObject(value) && Object.values(value).every(isText) && isText(value.address))
}

function isStatus(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger)
}

function isReport(value: unknown): boolean {
  if (!isObject(value)) return false
  const texts = [value.text, value.code].every((text) => text === undefined || isText(text))
  return texts && isText(value.name) && isText(value.action) && typeof value.milliseconds === 'number'
}
