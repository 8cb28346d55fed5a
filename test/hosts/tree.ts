/**
 * The files of a Debian system, made by debootstrap(8) and kept from one run to the next; and a copy of them that may be
 * changed, which costs nothing (overlayfs).
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandResult, runCommand, tryCommand } from '../ground/command.js'
import { packagesOf, type Release } from './releases.js'

/** Needed before anything else can be installed, and for systemd to boot. */
const BASE = ['systemd', 'systemd-sysv', 'dbus']

/** Starts nothing by being installed (invoke-rc.d(8)). */
const POLICY = 'usr/sbin/policy-rc.d'

/** Makes the system where the cache has none. Gives its directory, which is not to be changed. */
export async function makeBase(cache: string, release: Release, mirror: string): Promise<string> {
  const packages = packagesOf(release)
  const key = createHash('sha256')
    .update([mirror, ...BASE, ...packages].join())
    .digest('hex')
    .slice(0, 12)
  const base = join(cache, `${release.suite}-${key}`)
  if ((await stat(base).catch(() => undefined)) !== undefined) return base
  const draft = `${base}.${process.pid}.draft`
  await rm(draft, { recursive: true, force: true })
  try {
    await runCommand('debootstrap', ['--variant=minbase', `--include=${BASE.join()}`, release.suite, draft, mirror])
    await writeFile(join(draft, POLICY), '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    // It need not survive a power failure.
    await writeFile(
      join(draft, 'etc/dpkg/dpkg.cfg.d/fast'),
      'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\n',
    )
    await copyFile('/etc/resolv.conf', join(draft, 'etc/resolv.conf'))
    // Debian's own choice for a host whose mail stays on it.
    const answers =
      'postfix postfix/main_mailer_type select Local only\npostfix postfix/mailname string mail.example.test\n'
    await writeFile(join(draft, 'etc/hostname'), 'mail\n')
    await writeFile(join(draft, 'etc/hosts'), '127.0.0.1 localhost mail mail.example.test\n')
    const install = `printf '${answers.replaceAll('\n', '\\n')}' | debconf-set-selections
      apt-get -qq update && apt-get -qq install --yes --no-install-recommends ${packages.join(' ')}`
    const done = await inTree(draft, ['sh', '-ec', install], { DEBIAN_FRONTEND: 'noninteractive' })
    if (done.status !== 0) throw new Error(`${packages.join(' ')} cannot be installed:\n${done.stdout}${done.stderr}`)
    await rm(join(draft, POLICY))
    await rename(draft, base)
    return base
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}

export interface Tree extends AsyncDisposable {
  /** Where its root directory is. */
  readonly path: string
}

/** A copy of a base to change, below an empty directory. */
export async function layOver(base: string, directory: string): Promise<Tree> {
  const [path, upper, work] = ['root', 'upper', 'work'].map((name) => join(directory, name)) as [string, string, string]
  for (const part of [path, upper, work]) await mkdir(part, { recursive: true })
  const layers = `lowerdir=${base},upperdir=${upper},workdir=${work}`
  await runCommand('mount', ['-t', 'overlay', 'overlay', '-o', layers, path])
  return { path, [Symbol.asyncDispose]: async () => void (await runCommand('umount', ['--recursive', path])) }
}

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
  const inside = ['chroot', tree, 'env', ...assignments, ...command]
  return tryCommand('unshare', ['--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'sh', tree, ...inside])
}
