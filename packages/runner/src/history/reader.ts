/**
 * Reads the history while processes append to it. What is no record, such as a line that was torn when its writer was killed, is
 * passed over and counted. A line without its end is left for later: somebody is writing it, or was killed while they did.
 */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type HistoryRecord, parseLine } from './record.js'
import { dayOf, listSegments } from './segment.js'

/** Bytes that are read at a time, and so of a line at most; between two reads the process may do other things. */
const CHUNK = 256 * 1024

const LF = 10

/** From when to when: `from` belongs to it, `to` does not. */
export interface Span {
  readonly from: Date
  readonly to: Date
}

/** How many lines were passed over, wholly or in part. */
export interface Damage {
  lines: number
}

/**
 * Yields the records of the span in the order in which they were written, which is nearly that of their time. Yields none where there
 * is no history. Throws the error of the system call when the history cannot be read.
 */
export async function* readHistory(
  directory: string,
  { from, to }: Span,
  damage: Damage = { lines: 0 },
): AsyncGenerator<HistoryRecord, void, void> {
  const [first, last] = [from.toISOString(), to.toISOString()]
  for (const { path, day } of listSegments(directory)) {
    if (day < dayOf(first) || day > dayOf(last)) continue
    for await (const { records } of readSegment(path, 0, damage)) {
      for (const record of records) if (record.time >= first && record.time < last) yield record
    }
  }
}

/** The records of some whole lines, and the position behind the last of them. */
interface ReadLines {
  readonly records: readonly HistoryRecord[]
  readonly position: number
}

/** Yields what whole lines of a file there are from a position on. Yields nothing where the file was removed. */
export async function* readSegment(
  path: string,
  position: number,
  damage: Damage,
): AsyncGenerator<ReadLines, void, void> {
  const file = await openRegular(path)
  if (file === undefined) return
  const buffer = Buffer.allocUnsafe(CHUNK)
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, position)
      const bytes = buffer.subarray(0, bytesRead)
      const end = bytes.lastIndexOf(LF) + 1
      if (end === 0 && bytesRead < CHUNK) return
      // Nobody writes a line that long. What is left of it counts as one more damaged line.
      if (end === 0) damage.lines += 1
      position += end === 0 ? bytesRead : end
      yield { records: parseLines(bytes.subarray(0, end), damage), position }
    }
  } finally {
    await file.close()
  }
}

/** Undefined where the file was removed, and for what is no file: whoever is candy can put anything there, also what blocks a reader. */
async function openRegular(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined
    throw error
  })
  if (file === undefined || (await file.stat()).isFile()) return file
  await file.close()
  return undefined
}

function parseLines(bytes: Buffer, damage: Damage): readonly HistoryRecord[] {
  const records: HistoryRecord[] = []
  for (const line of bytes.toString().split('\n')) {
    if (line === '') continue
    const { record, damaged } = parseLine(line)
    if (damaged) damage.lines += 1
    if (record !== undefined) records.push(record)
  }
  return records
}
