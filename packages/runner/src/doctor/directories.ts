/**
 * Directories of candy: whether they are there with the owner and the mode that they must have, and whether the account candy can
 * use them. Root only looks at their names, and follows no link; candy tries them itself.
 */
import { accessSync, constants, lstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { ACCOUNT, groupId, hasAccount, userId } from '../os/accounts.js'
import { asSystemError } from '../os/system-error.js'
import { accessDirectory, accessName, mayEnter, publicDirectory } from '../postfix/access.js'
import { isCandys, listOwnedPaths, type OwnedPath, STATE_PARTS } from '../postfix/directories.js'
import { SHARE } from '../postfix/installation.js'
import { commandLine } from './command-line.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'
import { pipeFileFaults } from './pipe-files.js'

/** Directories of the state directory that candy writes to. */
const WRITABLE = STATE_PARTS.filter(isCandys)

/** What keeps the account candy from using each directory, as it finds out itself; only those that it cannot use. */
export function unusableDirectories(state: string): Readonly<Record<string, string>> {
  const faults = WRITABLE.map((part) => join(state, part)).flatMap((path) => {
    try {
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
      return []
    } catch (error) {
      return [[path, (error as NodeJS.ErrnoException).code ?? String(error)] as const]
    }
  })
  return Object.fromEntries(faults)
}

export async function examineDirectories(host: Host): Promise<readonly Observation[]> {
  const { instance, toml, candy, mode, view } = host
  const enable = [candy('enable', '--yes')]
  if (!(await hasAccount(ACCOUNT)))
    return [urgent(`there is no account ${ACCOUNT}`, 'Filters run as this account and no other.', enable)]
  const paths = (await listOwnedPaths(instance, toml.state, SHARE)).filter(isDirectory)
  const faults = (await Promise.all(paths.map((path) => faultOf(path, enable)))).flat()
  const access = accessName(instance.queueDirectory)
  const directory = accessDirectory(access) ?? publicDirectory(instance.queueDirectory)
  if (mode === 'pipe' && !host.request.reinjectsByPickup && !mayEnter(directory)) {
    faults.push(urgent(`${ACCOUNT} may not enter ${directory}`, 'Mail cannot come back from candy, and waits.', enable))
  }
  faults.push(...pipeFileFaults(host))
  if (faults.length > 0) return faults
  const { unusable } = await view()
  const found = Object.entries(unusable).map(([path, code]) =>
    urgent(
      `${ACCOUNT} cannot read and write ${path} (${code})`,
      'A directory above it may be closed to candy, or the file system read-only. Mail waits meanwhile.',
      [commandLine('namei', '-l', path)],
    ),
  )
  return found.length > 0
    ? found
    : [
        well(
          `the directories in ${toml.state} and ${join(instance.queueDirectory, 'candy')} have their owners and modes`,
        ),
      ]
}

function isDirectory({ from, text, path }: OwnedPath): boolean {
  return from === undefined && text === undefined && accessDirectory(path) === undefined
}

const OTHERS_WRITE = 0o022

async function faultOf(
  { path, owner, group, mode }: OwnedPath,
  enable: readonly string[],
): Promise<readonly Observation[]> {
  let stats: Stats
  try {
    stats = lstatSync(path)
  } catch (error) {
    const what = asSystemError(error)?.text ?? String(error)
    return [urgent(what, 'candy enable makes what is missing.', enable)]
  }
  if (!stats.isDirectory()) {
    return [
      urgent(`${path} is no directory`, 'candy enable makes the directory once the name is free.', [
        commandLine('mv', path, `${path}.old`),
        ...enable,
      ]),
    ]
  }
  const [user, groupNumber] = [await userId(owner), await groupId(group ?? owner)]
  const owners = `${owner}:${group ?? owner}`
  const remedy: string[] = []
  const wrong: string[] = []
  if (stats.uid !== user || (owner === ACCOUNT && stats.gid !== groupNumber)) {
    wrong.push(`belongs to ${stats.uid}:${stats.gid}, not to ${owners}`)
    remedy.push(commandLine('chown', '-h', owners, path))
  }
  const present = stats.mode & 0o7777
  const isClosed = owner === ACCOUNT ? present === mode : (present & OTHERS_WRITE) === 0
  if (!isClosed) wrong.push(`has the mode ${present.toString(8)}, not ${mode.toString(8)}`)
  // chown(2) may clear the set-gid bit.
  if (wrong.length > 0) remedy.push(commandLine('chmod', mode.toString(8), path))
  return wrong.length === 0 ? [] : [urgent(`${path} ${wrong.join(' and ')}`, meaningOf(owner), remedy)]
}

function meaningOf(owner: OwnedPath['owner']): string {
  return owner === ACCOUNT
    ? 'Either candy cannot work there, and mail waits, or others than candy can read mail or take its place.'
    : 'Only root may write there, since root acts upon what is in it, and filters are loaded from there.'
}
