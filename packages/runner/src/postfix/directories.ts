/**
 * Creates the account and the directories that candy needs. Root does so before any mail depends on them. What exists already is
 * not changed, and no symbolic link below a directory that candy owns is followed.
 */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readText } from '@candy/master-cf'
import { execa } from 'execa'
import { ACCOUNT, groupId, hasAccount, primaryGroup, userId } from '../os/accounts.js'
import { unlinkIfThere } from '../os/unlink.js'
import { accessDirectory, accessName, grantAccess, mayEnter, revokeAccess } from './access.js'
import { PostfixError } from './error.js'
import { type Instance, parameterOf } from './instance.js'
import type { RecordLocation } from './journal.js'
import { pipeCommandPaths } from './pipe-command.js'
import { createRootFile, draftOf } from './root-file.js'

/**
 * A path that candy creates: a directory, or with `from` a copy of that file, or with `text` a file with that text. The path may
 * also be the name of an access entry (access.ts).
 */
export interface OwnedPath {
  readonly path: string
  readonly mode: number
  readonly owner: 'root' | typeof ACCOUNT
  /** The group of a directory; by default the group with the name of the owner. */
  readonly group?: string
  readonly from?: string
  readonly text?: string
}

/** The directories in which candy keeps files for one Postfix instance. */
export interface InstancePaths extends RecordLocation {
  readonly queueDirectory: string
}

/** The name of the account in the journal's list of what was created: `account:candy`. */
export const CREATED_ACCOUNT: string = `account:${ACCOUNT}`

/**
 * Directories in the state directory. `packages` and `bin` belong to root, the others to candy. Members of candy's group may read the
 * history, and may reach the control socket in `service` by its name.
 */
const STATE_MODES = {
  spool: 0o700,
  quarantine: 0o700,
  history: 0o750,
  service: 0o710,
  pipe: 0o700,
  filters: 0o700,
  packages: 0o755,
  bin: 0o755,
}

/** Those that belong to root. */
const ROOTS: ReadonlySet<string> = new Set(['packages', 'bin'] satisfies (keyof typeof STATE_MODES)[])

/** Whether candy writes to this part of the state directory. */
export function isCandys(part: (typeof STATE_PARTS)[number]): boolean {
  return !ROOTS.has(part)
}

export const STATE_PARTS: readonly (keyof typeof STATE_MODES)[] = Object.keys(
  STATE_MODES,
) as (keyof typeof STATE_MODES)[]

/** Unit files of systemd.ts. */
const UNIT = /^\/etc\/systemd\/system\/candy(?:-[\w.@+-]+)?\.(?:service|socket)$/

/**
 * All directories and files that must exist, parents first. `share` is the directory with the README and the template for
 * filters.d.
 */
export async function listOwnedPaths(instance: Instance, state: string, share: string): Promise<readonly OwnedPath[]> {
  const filters = join(instance.configDirectory, 'filters.d')
  const group = await mailGroup(instance)
  return [
    ...parentsOf(state).map((path) => ({ path, owner: 'root', mode: 0o755 }) as const),
    { path: state, owner: 'root', mode: 0o755 },
    ...STATE_PARTS.map((part) => {
      const owner = isCandys(part) ? ACCOUNT : 'root'
      return { path: join(state, part), owner, mode: STATE_MODES[part] } as const
    }),
    // Set-gid: a socket that candy binds here gets Postfix's group, so that only Postfix may connect.
    { path: join(instance.queueDirectory, 'candy'), owner: ACCOUNT, group, mode: 0o2750 },
    { path: filters, owner: 'root', mode: 0o755 },
    { path: join(filters, 'README'), owner: 'root', mode: 0o644, from: join(share, 'README') },
    { path: join(filters, 'template'), owner: 'root', mode: 0o644, from: join(share, 'template') },
  ]
}

/** Those of the paths that do not exist, or that candy has no access to. */
export function missing(ownedPaths: readonly OwnedPath[]): readonly OwnedPath[] {
  return ownedPaths.filter(({ path }) => {
    const directory = accessDirectory(path)
    return directory === undefined ? lstatSync(path, { throwIfNoEntry: false }) === undefined : !mayEnter(directory)
  })
}

/** Creates the account and the paths that are missing. Calls `onCreated` with the name of each as soon as it exists. */
export async function createMissing(
  ownedPaths: readonly OwnedPath[],
  onCreated: (name: string) => void,
): Promise<void> {
  if (!(await hasAccount(ACCOUNT))) {
    const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent']
    const { failed, stderr } = await execa('useradd', [...options, '--shell', '/usr/sbin/nologin', ACCOUNT], {
      reject: false,
    })
    if (failed) throw new PostfixError(`the account ${ACCOUNT} cannot be made: ${stderr}. Make it, then enable again.`)
    onCreated(CREATED_ACCOUNT)
  }
  for (const owned of missing(ownedPaths)) {
    const directory = accessDirectory(owned.path)
    if (directory !== undefined) {
      grantAccess(directory)
      onCreated(owned.path)
      continue
    }
    const text = owned.from === undefined ? owned.text : readText(owned.from)
    if (text === undefined) createDirectory(owned, await ids(owned))
    else createRootFile(owned.path, text, owned.mode)
    onCreated(owned.path)
  }
}

/**
 * Creates a directory under a draft name and renames it once owner and mode are right, so that one that is left half made by a
 * killed command is never taken for the finished one.
 */
function createDirectory({ path, mode, owner }: OwnedPath, numbers: readonly [number, number]): void {
  if (owner === 'root') {
    const mask = process.umask(0)
    try {
      mkdirSync(path, { mode })
    } finally {
      process.umask(mask)
    }
    return
  }
  const draft = draftOf(path)
  remove(draft)
  mkdirSync(draft, { mode: 0o700 })
  try {
    setOwner(draft, mode, numbers)
    renameSync(draft, path)
  } catch (error) {
    remove(draft)
    throw error
  }
}

/** Uses a descriptor without following links, so that only the directory itself changes owner, whatever has replaced its path. */
function setOwner(path: string, mode: number, [user, group]: readonly [number, number]): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    fchownSync(descriptor, user, group)
    fchmodSync(descriptor, mode)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Removes what was created, in the reverse order. Units are stopped first. A directory that is not empty stays. A name that candy
 * does not create is ignored, even if the journal has it.
 */
export async function removeCreated(names: readonly string[], paths: InstancePaths): Promise<void> {
  const own = names.filter((name) => isOwnedPath(name, paths))
  const units = own.filter((name) => /\.(?:service|socket)$/.test(name) && existsSync(name)).toReversed()
  const stopped = units.map((path) => basename(path))
  if (units.length > 0) await execa('systemctl', ['disable', '--now', ...stopped], { reject: false })
  for (const name of own.toReversed()) {
    const directory = accessDirectory(name)
    if (name === CREATED_ACCOUNT) await execa('userdel', [ACCOUNT], { reject: false })
    else if (directory !== undefined) revokeAccess(directory)
    else for (const path of [draftOf(name), name]) remove(path)
  }
  if (units.length > 0) await execa('systemctl', ['daemon-reload'], { reject: false })
}

/** Whether a name in the journal is one that `candy enable` creates. */
export function isOwnedPath(name: string, { configDirectory, queueDirectory, state }: InstancePaths): boolean {
  const filters = join(configDirectory, 'filters.d')
  const own = [
    ...[CREATED_ACCOUNT, state, join(queueDirectory, 'candy'), accessName(queueDirectory)],
    ...STATE_PARTS.map((part) => join(state, part)),
    ...pipeCommandPaths(state),
    ...[filters, join(filters, 'README'), join(filters, 'template')],
  ]
  return own.includes(name) || UNIT.test(name) || state.startsWith(`${name}/`)
}

/** Removes the socket directory and the sockets in it. */
export function removeSockets(queueDirectory: string): void {
  const directory = join(queueDirectory, 'candy')
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return
  // unlink(2) follows no symbolic link, so it is safe even if the account candy replaces a socket meanwhile.
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (lstatSync(path).isSocket()) unlinkIfThere(path)
  }
  remove(directory)
}

/** Removes a file, or a directory if it is empty. Follows no symbolic link, and ignores a path that does not exist. */
export function remove(path: string): void {
  try {
    if (lstatSync(path).isDirectory()) rmdirSync(path)
    else unlinkIfThere(path)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** Deletes everything in a directory, with the rights of the account that owns it. Throws PostfixError when something stays. */
export async function emptyDirectory(path: string): Promise<void> {
  const stats = lstatSync(path)
  if (!stats.isDirectory()) return
  const { uid, gid } = stats
  const { failed, stderr, shortMessage } = await execa('find', [path, '-mindepth', '1', '-delete'], {
    ...{ uid, gid, cwd: '/', reject: false },
  })
  if (failed) throw new PostfixError(`${path} cannot be emptied: ${stderr || shortMessage}`)
}

/** The directories above a path that do not exist, the topmost first. */
function parentsOf(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path || existsSync(parent) ? [] : [...parentsOf(parent), parent]
}

/** The numbers of the user and the group that a path gets. */
async function ids({ owner, group }: OwnedPath): Promise<readonly [number, number]> {
  const [user, groupNumber] = [await userId(owner), await groupId(group ?? owner)]
  if (user === undefined) throw new PostfixError(`there is no account ${owner}: make it, then enable again`)
  if (groupNumber === undefined)
    throw new PostfixError(`there is no group ${group ?? owner}: make it, then enable again`)
  return [user, groupNumber]
}

/** The group of Postfix's own processes: the primary group of the account mail_owner. */
export async function mailGroup(instance: Instance): Promise<string> {
  const account = parameterOf(instance, 'mail_owner')
  const group = await primaryGroup(account)
  if (group === undefined) throw new PostfixError(`mail_owner in main.cf is ${account}, and there is no such account`)
  return group
}
