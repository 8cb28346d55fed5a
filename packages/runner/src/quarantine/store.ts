/**
 * Messages that a person should look at: one directory each, with the exact bytes and a record. A message is there completely or
 * not at all: it is written beside the others under a name of its own, synced, and renamed.
 */
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { errorText } from '../os/error-text.js'
import { draftPath, sweepDrafts } from './draft.js'
import { makeName } from './name.js'
import type { QuarantineRecord } from './record.js'
import { syncDirectory, writeSynced } from './synced-file.js'

/** Messages of one id and second. */
const NUMBER_LIMIT = 1000

/** Directories in which this process has removed the drafts of dead writers. */
const swept = new Set<string>()

/**
 * Stores a message. Returns its name in the quarantine once it would survive a power cut. Throws `QUARANTINE` when it cannot
 * (disk full, for example); then nothing is left behind. Files are 0600, directories 0700.
 */
export async function store(
  directory: string,
  record: QuarantineRecord,
  bytes: AsyncIterable<Uint8Array>,
): Promise<string> {
  const name = makeName(record)
  const draft = await draftPath(directory, name)
  if (!swept.has(directory)) await sweepDrafts(directory)
  swept.add(directory)
  try {
    await mkdir(draft, { mode: 0o700 })
    await writeSynced(join(draft, 'message.eml'), bytes)
    await writeSynced(join(draft, 'record.json'), `${JSON.stringify(record, undefined, 2)}\n`)
    await syncDirectory(draft)
    const finalName = await moveInto(directory, draft, name)
    await syncDirectory(directory)
    return finalName
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {})
    throw new CandyError('QUARANTINE', `cannot quarantine: ${errorText(error)}`, {
      cause: error,
    })
  }
}

/** A name that is taken gets a number: the same message may be quarantined again when Postfix tries again. */
async function moveInto(directory: string, draft: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`
    try {
      await rename(draft, join(directory, candidate))
      return candidate
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || number === NUMBER_LIMIT) throw error
    }
  }
}
