/** A copy of the files of a system that may be changed, which costs nothing (overlayfs); and commands run in it without booting it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandResult, runCommand, tryCommand } from '../kit/command.js'

export interface Tree extends AsyncDisposable {
  /** Where its root directory is. */
  readonly path: string
}

/** A copy of a base to change, below an empty directory. */
export async function layOver(base: string, directory: string): Promise<Tree> {
  const path = join(directory, 'root')
  await mkdir(path)
  const changes = join(directory, 'changes')
  await mkdir(changes)
  const mounts = [path]
  let laid = await mountOverlay(base, changes, path)
  if (laid.status !== 0) {
    // In a directory that is in an overlay itself, as in most containers, changes cannot be kept; in memory they can.
    await runCommand('mount', ['-t', 'tmpfs', 'tmpfs', changes])
    mounts.push(changes)
    laid = await mountOverlay(base, changes, path)
  }
  if (laid.status !== 0) throw new Error(`overlayfs cannot be mounted: ${laid.stderr}`)
  const unmount = async (): Promise<void> => {
    for (const mount of mounts) await runCommand('umount', ['--recursive', mount])
  }
  return { path, [Symbol.asyncDispose]: unmount }
}

async function mountOverlay(base: string, changes: string, path: string): Promise<CommandResult> {
  const [upper, work] = [join(changes, 'upper'), join(changes, 'work')]
  for (const part of [upper, work]) await mkdir(part, { recursive: true })
  const layers = `lowerdir=${base},upperdir=${upper},workdir=${work}`
  return tryCommand('mount', ['-t', 'overlay', 'overlay', '-o', layers, path])
}

/** Removes the variables that name a directory of this machine, which the tree does not have. */
const NOT_THERE = ['--unset=TMPDIR', '--unset=TMP', '--unset=TEMP']

/** Runs a command in a tree that is not booted, with this machine's network. */
export function inTree(
  tree: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const variables = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    ...environment,
  }
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const script = 'mount -t proc proc "$1/proc" && shift && exec "$@"'
  const inside = ['chroot', tree, 'env', ...NOT_THERE, ...assignments, ...command]
  return tryCommand('unshare', ['--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'sh', tree, ...inside])
}
