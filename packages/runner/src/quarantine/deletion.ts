/**
 * Deletes a message of the quarantine. It is renamed to a draft's name first: so it is gone at once and whole, which takes no room on
 * a full disk, and what a killed process leaves is removed by the next one (draft.ts).
 */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { draftPath } from './draft.js'
import type { Entry } from './entry.js'
import { readEvents } from './events.js'
import { standingOf } from './state.js'
import { syncDirectory } from './synced-file.js'

export type Deletion = 'deleted' | 'gone' | 'being released'

/** Deletes it unless it is being released. Throws the error of the system call. */
export async function deleteEntry(directory: string, { name, path, state }: Entry): Promise<Deletion> {
  if (state === 'releasing') return 'being released'
  const draft = await draftPath(directory, name)
  try {
    await rename(path, draft)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone'
    throw error
  }
  // A process may have begun to release it just before it was renamed.
  const events = await readEvents(draft).catch(() => [])
  if ((await standingOf(events, [])).by !== undefined) {
    await rename(draft, join(directory, name))
    return 'being released'
  }
  await syncDirectory(directory)
  await rm(draft, { recursive: true, force: true })
  return 'deleted'
}
