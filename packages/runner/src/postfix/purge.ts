/**
 * Removing what candy has kept, once Postfix does not need it any more. The operator's own files stay. What is to go is known
 * before anything goes, so that a person can be asked.
 *
 * Spool and quarantine are candy's, who may put a symbolic link in the place of a directory at any moment: what is in them is
 * deleted by a process that has no more rights than candy.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { type InstancePaths, isOwnedPath, MADE_ACCOUNT, remove, STATE_PARTS, unmake } from './directories.js'
import { PostfixError } from './error.js'
import { filesOf } from './instance.js'
import type { Journal } from './journal.js'

/** What goes. */
export interface Removal {
  /** A path, or `account:candy`. */
  readonly name: string
  /** Of the quarantine: how many messages lie there. */
  readonly messages?: number
}

/**
 * What `purge` would remove, in its order. Throws PostfixError when mail lies in the quarantine and `quarantine` does not say
 * that it may go.
 */
export function planPurge(
  paths: InstancePaths,
  {
    share,
    journal,
    quarantine,
  }: { readonly share: string; readonly journal: Journal | undefined; readonly quarantine: boolean },
): readonly Removal[] {
  const kept = join(paths.state, 'quarantine')
  // A name with a dot in front is a message that somebody was killed while writing, and that Postfix still has.
  const messages = namesIn(kept).filter((name) => !name.startsWith('.')).length
  if (messages > 0 && !quarantine) {
    throw new PostfixError(
      `${messages} messages are in ${kept}: look at them first, or say --quarantine to remove them with the rest`,
    )
  }
  // With all that is in them.
  const whole = STATE_PARTS.map((name) => join(paths.state, name)).filter((path) => existsSync(path))
  const { settings } = filesOf(paths)
  const made = (journal?.made ?? [])
    .filter((name) => isOwnedPath(name, paths))
    .filter((name) => name === MADE_ACCOUNT || (existsSync(name) && !isChanged(name, share)))
  const gone = new Set([...whole, ...(existsSync(settings) ? [settings] : [])])
  // Its own records have gone by then.
  const left = namesIn(paths.state).filter((name) => !/^(?:journal|pending)\.json/.test(name))
  if (existsSync(paths.state) && left.every((name) => gone.has(join(paths.state, name)))) gone.add(paths.state)
  for (const name of made.toReversed())
    if (!isDirectory(name) || namesIn(name).every((one) => gone.has(join(name, one)))) gone.add(name)
  return [...gone].map((name) => (name === kept && messages > 0 ? { name, messages } : { name }))
}

/** Does what was planned. Throws PostfixError when something cannot be removed; what is gone by then stays gone. */
export async function purge(removals: readonly Removal[], paths: InstancePaths): Promise<void> {
  const names = removals.map(({ name }) => name)
  for (const name of names) if (isWhole(name, paths)) await empty(name)
  for (const name of names) if (isWhole(name, paths) || name === filesOf(paths).settings) remove(name)
  if (names.includes(paths.state)) remove(paths.state)
  // What was made first goes last.
  await unmake(names.filter((name) => !isWhole(name, paths)).toReversed(), paths)
}

function isWhole(path: string, { state }: InstancePaths): boolean {
  return dirname(path) === state && STATE_PARTS.some((name) => name === basename(path))
}

/** Deletes what is in a directory, as the account that owns it. */
async function empty(path: string): Promise<void> {
  const stats = lstatSync(path)
  if (!stats.isDirectory()) return
  const { uid, gid } = stats
  const { failed, stderr, shortMessage } = await execa('find', [path, '-mindepth', '1', '-delete'], {
    ...{ uid, gid, cwd: '/', reject: false },
  })
  if (failed) throw new PostfixError(`${path} cannot be emptied: ${stderr || shortMessage}`)
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function namesIn(directory: string): readonly string[] {
  return isDirectory(directory) ? readdirSync(directory) : []
}

/** A copy that was edited is the operator's. */
function isChanged(path: string, share: string): boolean {
  const name = /\/filters\.d\/(README|template)$/.exec(path)?.[1]
  return name !== undefined && !readFileSync(path).equals(readFileSync(join(share, name)))
}
