/**
 * What has been done with a message of the quarantine: one file for each event, `event-1.json` and so on, beside the message. A
 * file is written whole and then linked to its name, which fails where somebody else has used that number (link(2)). So of several
 * processes that want to release a message one comes first, and the others see what it does; there is no lock that a dead process
 * could leave behind.
 */
import { link, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { ProcessIdentity } from '../os/process-identity.js'
import { draftPath, removeAbandoned } from './draft.js'
import { readBounded } from './regular-file.js'
import { syncDirectory, writeSynced } from './synced-file.js'

/** An event, as it is written. A reader passes over those that it does not know. */
export type QuarantineEvent =
  /** A process begins to release the message to these recipients. Nothing is sent yet. */
  | { readonly event: 'releasing'; readonly recipients: readonly string[]; readonly by: ProcessIdentity }
  /** All but the end of the message is sent. From here on it may be delivered. */
  | { readonly event: 'sending' }
  /** The next hop has taken it, with this reply. */
  | { readonly event: 'released'; readonly reply: string }
  /** It was certainly not delivered. */
  | { readonly event: 'failed'; readonly text: string }
  /** Whether it was delivered is not known. */
  | { readonly event: 'uncertain'; readonly text: string }

export type DatedEvent = QuarantineEvent & { /** ISO 8601, UTC. */ readonly time: string }

/** Bytes of a file: an event may name as many recipients as a transaction has. */
const LIMIT = 16 * 1024 ** 2

const FILE = /^event-([1-9]\d{0,8})\.json$/

const DRAFT = /^\.event-/

/** The events of a message in order. Throws `QUARANTINE` where one is missing or cannot be read. */
export async function readEvents(path: string): Promise<readonly DatedEvent[]> {
  const numbers = (await readdir(path))
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)
  const events: DatedEvent[] = []
  for (const [index, number] of numbers.entries()) {
    if (number !== index + 1) throw new CandyError('QUARANTINE', `${filePath(path, index + 1)} is missing`)
    events.push(await readEvent(filePath(path, number)))
  }
  return events
}

/**
 * Appends an event to those that the caller has read. Returns false, without appending it, where somebody else has appended one
 * since then. Throws the error of the system call: `ENOENT` where the message is gone.
 */
export async function appendEvent(path: string, known: number, event: QuarantineEvent): Promise<boolean> {
  await removeAbandoned(
    path,
    (await readdir(path)).filter((name) => DRAFT.test(name)),
  )
  const draft = await draftPath(path, 'event')
  const dated: DatedEvent = { time: new Date().toISOString(), ...event }
  try {
    await writeSynced(draft, `${JSON.stringify(dated)}\n`)
    await link(draft, filePath(path, known + 1))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft).catch(() => {})
  }
  await syncDirectory(path)
  return true
}

function filePath(path: string, number: number): string {
  return join(path, `event-${number}.json`)
}

async function readEvent(path: string): Promise<DatedEvent> {
  const text = await readBounded(path, LIMIT)
  let event: Partial<Record<string, unknown>> | null | undefined
  try {
    event = JSON.parse(text)
  } catch {
    // It stays undefined, and that is reported next.
  }
  if (typeof event?.event !== 'string' || typeof event.time !== 'string') {
    throw new CandyError('QUARANTINE', `${path}: it is no event`)
  }
  const isWhole = event.event !== 'releasing' || (isTexts(event.recipients) && isIdentity(event.by))
  if (!isWhole) throw new CandyError('QUARANTINE', `${path}: it is no whole event`)
  return event as unknown as DatedEvent
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isIdentity(value: unknown): boolean {
  const { pid, started, namespace } = (value ?? {}) as Partial<ProcessIdentity>
  return Number.isSafeInteger(pid) && typeof started === 'string' && typeof namespace === 'string'
}
