/**
 * Messages that a person should look at: one directory each, holding the exact bytes and a record. A message is there
 * whole or not at all: it is written beside the others under a name of its own, synced, and renamed.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { draftPath, sweepDrafts } from './draft.js'

/** Characters of an id that a name has: whoever hands mail over may say what he likes, and a file's name has a greatest length. */
const ID_LIMIT = 40

/** Directories in which this process has looked for drafts that others left. */
const swept = new Set<string>()

/** What is known of a quarantined message; `record.json` beside `message.eml`. Plain data, so that any version reads it. */
export interface QuarantineRecord {
  readonly version: 1
  readonly id: string
  /** ISO 8601, UTC. */
  readonly time: string
  readonly envelope: object
  /** Who decided, and why. */
  readonly reason?: object
  readonly reports: readonly object[]
  /** Length of `message.eml` in bytes. */
  readonly size: number
}

/**
 * Stores a message, and gives its name in the quarantine once it would survive a power cut. Throws `QUARANTINE` when it
 * cannot (disk full, say); then nothing is left behind. Files are 0600, directories 0700.
 */
export async function store(
  directory: string,
  record: QuarantineRecord,
  bytes: AsyncIterable<Uint8Array>,
): Promise<string> {
  const name = nameOf(record)
  const draft = await draftPath(directory, name)
  if (!swept.has(directory)) await sweepDrafts(directory)
  swept.add(directory)
  try {
    await mkdir(draft, { mode: 0o700 })
    await writeFile(join(draft, 'message.eml'), bytes)
    await writeFile(join(draft, 'record.json'), [Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)])
    await syncDirectory(draft)
    const kept = await place(draft, directory, name)
    await syncDirectory(directory)
    return kept
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {})
    throw new CandyError('QUARANTINE', `cannot quarantine: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}

function nameOf({ time, id }: QuarantineRecord): string {
  const plain = id.replace(/[^A-Za-z0-9]/g, '').slice(0, ID_LIMIT)
  return `${time.replace(/[-:]|\.\d+/g, '')}-${plain === '' ? 'NOID' : plain}`
}

/** A name that is taken gets a number: the same message may be quarantined again when Postfix tries again. */
async function place(draft: string, directory: string, name: string): Promise<string> {
  for (let turn = 1; ; turn++) {
    const candidate = turn === 1 ? name : `${name}-${turn}`
    try {
      await rename(draft, join(directory, candidate))
      return candidate
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || turn === 1000) throw error
    }
  }
}

async function writeFile(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of bytes) {
      let done = 0
      while (done < chunk.length) done += (await file.write(chunk, done)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
