/**
 * Directories that a run takes minutes to make, and the next one finds. One is there whole or not at all, whenever a run was
 * killed: it is made under another name. Only one run is under way at a time, and it removes what was left (test/hosts/run).
 */
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../kit/command.js'

const CACHE = process.env.CANDY_HOSTS_CACHE ?? '/var/cache/candy-hosts'

/** Gives the directory of this name; `make` makes it, under another name, where it is not there. It is not to be changed afterwards. */
export async function kept(name: string, make: (draft: string) => Promise<unknown>): Promise<string> {
  const path = join(CACHE, name)
  if ((await stat(path).catch(() => undefined)) !== undefined) return path
  const draft = `${path}.draft`
  try {
    await make(draft)
    await runCommand('sync', ['--file-system', draft])
    await rename(draft, path)
    return path
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}
