/**
 * Removes candy's own files once Postfix does not need them any more. The operator's own files stay. The list of removals is made
 * before anything is removed, so that the operator can be asked.
 *
 * Spool and quarantine belong to the account candy, which could replace a directory with a symbolic link at any moment. So a
 * process that has only candy's rights deletes what is in them.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { counted } from '../log/counting.js'
import {
  CREATED_ACCOUNT,
  emptyDirectory,
  type InstancePaths,
  isOwnedPath,
  remove,
  removeCreated,
  STATE_PARTS,
} from './directories.js'
import { PostfixError } from './error.js'
import { filesOf } from './instance.js'
import type { Journal } from './journal.js'

/** Something to remove. */
export interface Removal {
  /** A path, or `account:candy`. */
  readonly name: string
  /** For the quarantine: how many messages are in it. */
  readonly messages?: number
}

/**
 * Lists what `purge` will remove, in the order of removal. Throws PostfixError when mail is in the quarantine and `quarantine`
 * does not allow removing it.
 */
export function planPurge(
  paths: InstancePaths,
  {
    share,
    journal,
    quarantine,
  }: { readonly share: string; readonly journal: Journal | undefined; readonly quarantine: boolean },
): readonly Removal[] {
  const quarantineDirectory = join(paths.state, 'quarantine')
  // A name that starts with a dot is a message whose writing process was killed. Postfix still has that message.
  const messages = namesIn(quarantineDirectory).filter((name) => !name.startsWith('.')).length
  if (messages > 0 && !quarantine) {
    throw new PostfixError(
      `${quarantineDirectory} has ${counted(messages, 'message')}: look there first, or say --quarantine to remove it with the rest`,
    )
  }
  // These directories are removed with everything in them.
  const stateParts = STATE_PARTS.map((name) => join(paths.state, name)).filter((path) => existsSync(path))
  const { settings } = filesOf(paths)
  const created = (journal?.created ?? [])
    .filter((name) => isOwnedPath(name, paths))
    .filter((name) => name === CREATED_ACCOUNT || (existsSync(name) && !isChanged(name, share)))
  const removed = new Set([...stateParts, ...(existsSync(settings) ? [settings] : [])])
  // The journal is removed before the purge starts, so it does not keep the state directory.
  const left = namesIn(paths.state).filter((name) => !/^(?:journal|pending)\.json/.test(name))
  if (existsSync(paths.state) && left.every((name) => removed.has(join(paths.state, name)))) removed.add(paths.state)
  for (const name of created.toReversed())
    if (!isDirectory(name) || namesIn(name).every((one) => removed.has(join(name, one)))) removed.add(name)
  return [...removed].map((name) => (name === quarantineDirectory && messages > 0 ? { name, messages } : { name }))
}

/**
 * Removes everything in the list. Throws PostfixError when something cannot be removed; what was removed before that stays
 * removed.
 */
export async function purge(removals: readonly Removal[], paths: InstancePaths): Promise<void> {
  const names = removals.map(({ name }) => name)
  for (const name of names) if (isStatePart(name, paths)) await emptyDirectory(name)
  for (const name of names) if (isStatePart(name, paths) || name === filesOf(paths).settings) remove(name)
  if (names.includes(paths.state)) remove(paths.state)
  // removeCreated() removes in the reverse order of its list.
  await removeCreated(names.filter((name) => !isStatePart(name, paths)).toReversed(), paths)
}

/** Whether the path is one of the directories that are removed with everything in them. */
function isStatePart(path: string, { state }: InstancePaths): boolean {
  return dirname(path) === state && STATE_PARTS.some((name) => name === basename(path))
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function namesIn(directory: string): readonly string[] {
  return isDirectory(directory) ? readdirSync(directory) : []
}

/** Whether the operator has edited a copied file, which therefore stays. */
function isChanged(path: string, share: string): boolean {
  const name = /\/filters\.d\/(README|template)$/.exec(path)?.[1]
  return name !== undefined && !readFileSync(path).equals(readFileSync(join(share, name)))
}
