/** Removing what candy has kept, once Postfix does not need it any more. The operator's own files stay. */
import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { unmake } from './directories.js'
import { PostfixError } from './error.js'
import type { Journal } from './journal.js'

/** Throws PostfixError, before anything is removed, when mail lies in the quarantine and `quarantine` does not say that it may go. */
export function assertPurgeable(state: string, quarantine: boolean): void {
  const directory = join(state, 'quarantine')
  // A name with a dot in front is a message that somebody was killed while writing, and that Postfix still has.
  const names = existsSync(directory) ? readdirSync(directory) : []
  const count = names.filter((name) => !name.startsWith('.')).length
  if (count === 0 || quarantine) return
  throw new PostfixError(
    `${count} messages are in ${directory}: look at them first, or say --quarantine to remove them with the rest`,
  )
}

/** Removes state, and of what enabling made what nobody has changed since. Symbolic links are removed, never followed. */
export async function purge(
  state: string,
  settings: string,
  share: string,
  journal: Journal | undefined,
): Promise<void> {
  for (const name of ['spool', 'quarantine', 'packages', 'service', 'filters'])
    rmSync(join(state, name), { recursive: true, force: true })
  if (existsSync(state) && lstatSync(state).isDirectory() && readdirSync(state).length === 0) rmdirSync(state)
  rmSync(settings, { force: true })
  await unmake((journal?.made ?? []).filter((path) => !isChanged(path, share)))
}

/** A copy that was edited is the operator's. */
function isChanged(path: string, share: string): boolean {
  const name = /\/filters\.d\/(README|template)$/.exec(path)?.[1]
  if (name === undefined || !existsSync(path)) return false
  return !readFileSync(path).equals(readFileSync(join(share, name)))
}
