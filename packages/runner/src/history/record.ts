/**
 * What the history knows of one judged message: a line of JSON. It has nothing of the message's content, and addresses only where
 * the operator wants that. The form of the line is a promise, since later versions read it; docs/json.md names every member.
 *
 * Whoever has the rights of the account candy, as every filter has, may write anything into the history. So what is read from it
 * is checked, and its texts are made printable.
 */
import { printable } from '@candy/sdk'

const ACTIONS = ['accept', 'refuse', 'quarantine', 'discard', 'defer'] as const
const FILTER_ACTIONS = ['accept', 'reject', 'quarantine', 'defer', 'unscannable', 'error', 'skipped'] as const

/** One for each group of recipients with an outcome of its own; most messages have one group. */
export interface HistoryRecord {
  /** When the outcome was known, just before Postfix was answered: ISO 8601, UTC, with milliseconds. */
  readonly time: string
  /** Postfix's queue id where there was one, else candy's own. */
  readonly id: string
  /** How Postfix handed the message over: `pipe`, `smtp`, `smtp-before`, `milter`. */
  readonly mode: string
  /** What was done in the end: a message that was accepted is deferred where the next hop did not take it. */
  readonly action: (typeof ACTIONS)[number]
  /** From the end of the message's data to the outcome. */
  readonly milliseconds: number
  /** Bytes. */
  readonly size: number
  /** How many recipients the group has. */
  readonly recipients: number
  /** The results of the filters, in the order in which they run. */
  readonly filters: readonly FilterRecord[]
  /** The filter that decided; absent where no filter did, as with most accepted messages. */
  readonly filter?: string
  /** The code of the error (docs/errors.md) that decided, where no verdict did; `ERROR` for an error without a code. */
  readonly reason?: string
  /** Only with `[history] addresses = true`. */
  readonly sender?: string
  /** The first recipients, only with `[history] addresses = true`. */
  readonly to?: readonly string[]
}

export interface FilterRecord {
  readonly name: string
  readonly action: (typeof FILTER_ACTIONS)[number]
  readonly milliseconds: number
  /** Why: the verdict's text, or the error's. */
  readonly text?: string
  readonly code?: string
}

/** With this every line begins; inside of a line it cannot be, since JSON writes a quote in a text as `\"`. */
const BEGINNING = '{"time":"'

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

/** What `printable` leaves as it is, unless it is long: no blanks but single ones between words. */
const PRINTABLE = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/

/** Characters of a text, and of an id, in a record. */
const TEXT_LIMIT = 120

/** Recipients that a record names. */
const NAMED_RECIPIENTS = 10

/** The record as a line, with its line end. Texts and lists that are too long for a line are cut. */
export function printRecord({ time, ...record }: HistoryRecord): string {
  const { id, filters, sender, to } = record
  const cut = {
    ...record,
    id: id.slice(0, TEXT_LIMIT),
    filters: filters.map(cutFilter),
    ...(sender !== undefined && { sender: sender.slice(0, TEXT_LIMIT) }),
    ...(to !== undefined && { to: to.slice(0, NAMED_RECIPIENTS).map((address) => address.slice(0, TEXT_LIMIT)) }),
  }
  return `${JSON.stringify({ time, ...cut })}\n`
}

function cutFilter(filter: FilterRecord): FilterRecord {
  const { text } = filter
  return text === undefined || text.length <= TEXT_LIMIT ? filter : { ...filter, text: text.slice(0, TEXT_LIMIT) }
}

/** What a line holds. `damaged`: some of it is no record, because a process was killed or the disk was full while it was written. */
export interface ParsedLine {
  readonly record?: HistoryRecord
  readonly damaged: boolean
}

/** Parses a line. Behind the torn beginning of one record there may be a whole other one. */
export function parseLine(line: string): ParsedLine {
  const whole = parse(line)
  if (whole !== undefined) return { record: whole, damaged: false }
  const at = line.lastIndexOf(BEGINNING)
  const rest = at > 0 ? parse(line.slice(at)) : undefined
  return rest === undefined ? { damaged: true } : { record: rest, damaged: true }
}

function parse(line: string): HistoryRecord | undefined {
  try {
    return check(JSON.parse(line) as Partial<Record<keyof HistoryRecord, unknown>>)
  } catch {
    return undefined
  }
}

function check(written: Partial<Record<keyof HistoryRecord, unknown>>): HistoryRecord | undefined {
  const { time, id, mode, action, milliseconds, size, recipients, filters, filter, reason, sender, to } = written
  if (typeof time !== 'string' || !TIME.test(time) || !isOneOf(action, ACTIONS)) return undefined
  if (typeof id !== 'string' || typeof mode !== 'string' || !Array.isArray(filters)) return undefined
  if (!isNumber(milliseconds) || !isNumber(size) || !isNumber(recipients)) return undefined
  const checked = filters.map(checkFilter)
  if (checked.includes(undefined)) return undefined
  return {
    time,
    id: safe(id),
    mode: safe(mode),
    action,
    milliseconds,
    size,
    recipients,
    filters: checked as readonly FilterRecord[],
    ...(typeof filter === 'string' && { filter: safe(filter) }),
    ...(typeof reason === 'string' && { reason: safe(reason) }),
    ...(typeof sender === 'string' && { sender: safe(sender) }),
    ...(Array.isArray(to) && { to: to.filter((one) => typeof one === 'string').map(safe) }),
  }
}

function checkFilter(written: Partial<Record<keyof FilterRecord, unknown>> | null): FilterRecord | undefined {
  const { name, action, milliseconds, text, code } = written ?? {}
  if (typeof name !== 'string' || !isOneOf(action, FILTER_ACTIONS) || !isNumber(milliseconds)) return undefined
  return {
    name: safe(name),
    action,
    milliseconds,
    ...(typeof text === 'string' && { text: safe(text) }),
    ...(typeof code === 'string' && { code: safe(code) }),
  }
}

/** The text made printable. Most texts are so already, and a history has many. */
function safe(text: string): string {
  return text.length < 400 && PRINTABLE.test(text) ? text : printable(text)
}

function isOneOf<T>(value: unknown, values: readonly T[]): value is T {
  return values.includes(value as T)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
