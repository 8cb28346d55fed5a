/**
 * The account and the directories that candy needs, made by root before any mail depends on them. Nothing that is there
 * already is changed, and nothing below a directory that candy owns is followed.
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
import { draftOf, makeRootFile } from './root-file.js'

/** A directory; with `from` a copy of a file, with `text` a file. `access.ts` has paths of its own. */
export interface OwnedPath {
  readonly path: string
  readonly mode: number
  readonly owner: 'root' | typeof ACCOUNT
  /** Of the directory; candy's or root's own unless said. */
  readonly group?: string
  readonly from?: string
  readonly text?: string
}

/** Where everything of candy's is that belongs to one instance. */
export interface InstancePaths extends RecordLocation {
  readonly queueDirectory: string
}

/** `account:candy` in a list of what was made. */
export const MADE_ACCOUNT: string = `account:${ACCOUNT}`

/** Directories of the state directory: all candy's but `packages`, which is root's. */
export const STATE_PARTS = ['spool', 'quarantine', 'service', 'filters', 'packages'] as const

/** What systemd.ts makes. */
const UNIT = /^\/etc\/systemd\/system\/candy(?:-[\w.@+-]+)?\.(?:service|socket)$/

/** All that must be there, parents first. `share` has the README and the template for filters.d. */
export async function listOwnedPaths(instance: Instance, state: string, share: string): Promise<readonly OwnedPath[]> {
  const filters = join(instance.configDirectory, 'filters.d')
  const group = await mailGroup(instance)
  const candy = { owner: ACCOUNT, mode: 0o700 } as const
  const root = { owner: 'root', mode: 0o755 } as const
  return [
    ...parentsOf(state).map((path) => ({ path, owner: 'root', mode: 0o755 }) as const),
    { path: state, owner: 'root', mode: 0o755 },
    ...STATE_PARTS.map((part) => ({ path: join(state, part), ...(part === 'packages' ? root : candy) })),
    // Set-gid: what candy binds here belongs to Postfix's group, and Postfix alone may connect.
    { path: join(instance.queueDirectory, 'candy'), owner: ACCOUNT, group, mode: 0o2750 },
    { path: filters, owner: 'root', mode: 0o755 },
    { path: join(filters, 'README'), owner: 'root', mode: 0o644, from: join(share, 'README') },
    { path: join(filters, 'template'), owner: 'root', mode: 0o644, from: join(share, 'template') },
  ]
}

export function missing(ownedPaths: readonly OwnedPath[]): readonly OwnedPath[] {
  return ownedPaths.filter(({ path }) => {
    const directory = accessDirectory(path)
    return directory === undefined ? lstatSync(path, { throwIfNoEntry: false }) === undefined : !mayEnter(directory)
  })
}

/** Makes what is missing, and tells `made` of each thing as soon as it is there. */
export async function make(ownedPaths: readonly OwnedPath[], made: (name: string) => void): Promise<void> {
  if (!(await hasAccount(ACCOUNT))) {
    const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent']
    const { failed, stderr } = await execa('useradd', [...options, '--shell', '/usr/sbin/nologin', ACCOUNT], {
      reject: false,
    })
    if (failed) throw new PostfixError(`the account ${ACCOUNT} cannot be made: ${stderr}. Make it, then enable again.`)
    made(MADE_ACCOUNT)
  }
  for (const place of missing(ownedPaths)) {
    const directory = accessDirectory(place.path)
    if (directory !== undefined) {
      grantAccess(directory)
      made(place.path)
      continue
    }
    const text = place.from === undefined ? place.text : readText(place.from)
    if (text === undefined) makeDirectory(place, await ids(place))
    else makeRootFile(place.path, text, place.mode)
    made(place.path)
  }
}

/** It has its name only with the right owner and mode: one that somebody was killed while making is never taken for it. */
function makeDirectory({ path, mode, owner }: OwnedPath, numbers: readonly [number, number]): void {
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
    giveAway(draft, mode, numbers)
    renameSync(draft, path)
  } catch (error) {
    remove(draft)
    throw error
  }
}

/** Of the directory itself: nothing that may stand in its place by now is given away. */
function giveAway(path: string, mode: number, [user, group]: readonly [number, number]): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    fchownSync(descriptor, user, group)
    fchmodSync(descriptor, mode)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Takes away what was made, last first: units are stopped, directories stay where something else has come in. What is no place
 * of candy's is left alone, whatever a record says.
 */
export async function unmake(names: readonly string[], paths: InstancePaths): Promise<void> {
  const made = names.filter((name) => isOwnedPath(name, paths))
  const units = made.filter((name) => /\.(?:service|socket)$/.test(name) && existsSync(name)).toReversed()
  const stopped = units.map((path) => basename(path))
  if (units.length > 0) await execa('systemctl', ['disable', '--now', ...stopped], { reject: false })
  for (const name of made.toReversed()) {
    const directory = accessDirectory(name)
    if (name === MADE_ACCOUNT) await execa('userdel', [ACCOUNT], { reject: false })
    else if (directory !== undefined) revokeAccess(directory)
    else for (const path of [draftOf(name), name]) remove(path)
  }
  if (units.length > 0) await execa('systemctl', ['daemon-reload'], { reject: false })
}

/** Whether it is something that enabling makes, by its name. */
export function isOwnedPath(name: string, { configDirectory, queueDirectory, state }: InstancePaths): boolean {
  const filters = join(configDirectory, 'filters.d')
  const own = [
    ...[MADE_ACCOUNT, state, join(queueDirectory, 'candy'), accessName(queueDirectory)],
    ...STATE_PARTS.map((part) => join(state, part)),
    ...[filters, join(filters, 'README'), join(filters, 'template')],
  ]
  return own.includes(name) || UNIT.test(name) || state.startsWith(`${name}/`)
}

/** Removes the socket directory with the sockets that are left in it. */
export function removeSockets(queueDirectory: string): void {
  const directory = join(queueDirectory, 'candy')
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return
  // unlink(2) follows nothing, so it does not matter what candy puts there meanwhile.
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (lstatSync(path).isSocket()) unlinkIfThere(path)
  }
  remove(directory)
}

/** A directory only when it is empty; nothing is followed. */
export function remove(path: string): void {
  try {
    if (lstatSync(path).isDirectory()) rmdirSync(path)
    else unlinkIfThere(path)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** What is missing above a path, from the top. */
function parentsOf(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path || existsSync(parent) ? [] : [...parentsOf(parent), parent]
}

async function ids({ owner, group }: OwnedPath): Promise<readonly [number, number]> {
  const [user, groupNumber] = [await userId(owner), await groupId(group ?? owner)]
  if (user === undefined) throw new PostfixError(`there is no account ${owner}: make it, then enable again`)
  if (groupNumber === undefined)
    throw new PostfixError(`there is no group ${group ?? owner}: make it, then enable again`)
  return [user, groupNumber]
}

/** The group that Postfix's own processes run as: that of the account mail_owner. */
export async function mailGroup(instance: Instance): Promise<string> {
  const account = parameterOf(instance, 'mail_owner')
  const group = await primaryGroup(account)
  if (group === undefined) throw new PostfixError(`mail_owner in main.cf is ${account}, and there is no such account`)
  return group
}
