/**
 * Writes the history: what was done with each message, for its counters and reports. Every process that judges mail
 * appends its own records, each with one write(2) before Postfix is answered: so a process that is killed takes no record with it,
 * and no process waits for another. Several processes append to one file (O_APPEND, open(2)).
 *
 * The history is not synced: after a power cut the last seconds may be missing. And it may not cost mail: when a record cannot be
 * written, because the disk is full say, it is lost, and the log says so.
 */
import { closeSync, fchmodSync, fstatSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { expireHistory, type HistoryLimits } from './expiry.js'
import { type HistoryRecord, printRecord } from './record.js'
import { dayOf, listSegments, segmentIn } from './segment.js'

/** A file of the history is full at so much of what the history may have in all: then so much at a time is removed, too. */
const PART = 16

/** Milliseconds after which it is checked again whether the open file is full, or was removed. */
const CHECK_INTERVAL = 1_000

export interface HistoryOptions extends HistoryLimits {
  readonly directory: string
  /** Whether records name senders and recipients. */
  readonly addresses: boolean
}

export interface History {
  /** Whether records are to have `sender` and `to`. */
  readonly addresses: boolean
  /** Appends the record before it returns. Throws nothing. */
  write(record: HistoryRecord): void
  close(): void
}

/** Opens the history; a file is opened with the first record. */
export function openHistory({ addresses, ...options }: HistoryOptions, log: Log): History {
  const { directory } = options
  const limit = options.maxSize / PART
  let open: OpenSegment | undefined
  let failures = 0
  const close = (): void => {
    if (open !== undefined) closeSync(open.file)
    open = undefined
  }
  const append = (record: HistoryRecord): void => {
    const day = dayOf(record.time)
    if (open !== undefined && (open.day !== day || !isUsable(open, limit))) close()
    if (open === undefined) {
      const { path, isNew } = segmentFor(directory, day, limit)
      if (isNew) mkdirSync(directory, { recursive: true, mode: 0o750 })
      open = { file: openSync(path, 'a', 0o640), day, checkedAt: performance.now(), torn: false }
      if (isNew) {
        // Also where a umask forbids it: that of the unit of systemd is there for mail.
        fchmodSync(open.file, 0o640)
        expireHistory(directory, options)
      }
    }
    writeLine(open, printRecord(record))
  }
  return {
    addresses,
    write: (record) => {
      try {
        append(record)
        if (failures > 0) log.write('info', 'the history is written again', { directory, lost: failures })
        failures = 0
      } catch (error) {
        if (failures++ === 0) log.write('warn', 'the history cannot be written', { directory, error: errorText(error) })
      }
    },
    close,
  }
}

interface OpenSegment {
  readonly file: number
  readonly day: string
  checkedAt: number
  /** Whether the last write stopped in the middle of a line. */
  torn: boolean
}

/** The last file of the day, or the next one where that is full. Others may begin the same file at the same time. */
function segmentFor(directory: string, day: string, limit: number): { readonly path: string; readonly isNew: boolean } {
  const last = listSegments(directory).findLast((segment) => segment.day === day)
  if (last === undefined) return { path: segmentIn(directory, day, 1).path, isNew: true }
  const size = statSync(last.path, { throwIfNoEntry: false })?.size ?? 0
  if (size < limit) return { path: last.path, isNew: false }
  return { path: segmentIn(directory, day, last.number + 1).path, isNew: true }
}

/** Whether the open file still has a name and room. */
function isUsable(open: OpenSegment, limit: number): boolean {
  const now = performance.now()
  if (now - open.checkedAt < CHECK_INTERVAL) return true
  open.checkedAt = now
  const { size, nlink } = fstatSync(open.file)
  return nlink > 0 && size < limit
}

/** A write to a disk that is almost full may write a part of the line; then the next record begins a line of its own. */
function writeLine(open: OpenSegment, line: string): void {
  const bytes = Buffer.from(open.torn ? `\n${line}` : line)
  const written = writeSync(open.file, bytes)
  if (written === bytes.length) {
    open.torn = false
    return
  }
  open.torn ||= written > 0
  throw new Error('the disk is full')
}
