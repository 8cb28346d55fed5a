/** The files of a Debian system with what a mail host needs, made by debootstrap(8) and kept from one run to the next. */
import { createHash } from 'node:crypto'
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../kit/command.js'
import { kept } from './cache.js'
import { findMirror } from './mirror.js'
import { packagesOf, type Release } from './releases.js'
import { inTree } from './tree.js'

/** Packages that are needed to install others, and to boot systemd. */
const BASE = ['systemd', 'systemd-sysv', 'dbus']

/** Keeps packages from starting services when they are installed (invoke-rc.d(8)). */
const POLICY = 'usr/sbin/policy-rc.d'

/** Before the words of a command: seconds after which an archive that is too slow is given up. */
const LIMIT = ['timeout', '--kill-after=10', '900'] as const

/** Gives the directory of the system, which is not to be changed. `scratch` is a directory to download to. */
export async function baseOf(release: Release, scratch: string): Promise<string> {
  // The name depends on the packages and on this file, so that a change of either makes a new system.
  const key = createHash('sha256')
    .update(packagesOf(release).join())
    .update(await readFile(import.meta.filename))
  return kept(`${release.suite}-${key.digest('hex').slice(0, 12)}`, async (draft) => {
    const mirror = await findMirror(release.suite, scratch)
    if (mirror === undefined) throw new Error(`no archive that this machine's apt knows has ${release.suite}`)
    await makeBase(draft, release, mirror)
  })
}

async function makeBase(draft: string, release: Release, mirror: string): Promise<void> {
  const include = `--include=${BASE.join()}`
  // Its mounts disappear with its mount namespace, however it ends.
  const apart = ['--mount', '--propagation', 'private', '--', ...LIMIT]
  await runCommand('unshare', [...apart, 'debootstrap', '--variant=minbase', include, release.suite, draft, mirror])
  await writeFile(join(draft, POLICY), '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  // It need not survive a power failure. What takes room stays: "postfix set-permissions" misses manual pages that are not there.
  await writeFile(join(draft, 'etc/dpkg/dpkg.cfg.d/fast'), 'force-unsafe-io\n')
  await copyFile('/etc/resolv.conf', join(draft, 'etc/resolv.conf'))
  // Debian's own choice for a host whose mail stays on it.
  const answers =
    'postfix postfix/main_mailer_type select Local only\npostfix postfix/mailname string mail.example.test\n'
  await writeFile(join(draft, 'etc/hostname'), 'mail\n')
  await writeFile(join(draft, 'etc/hosts'), '127.0.0.1 localhost mail mail.example.test\n')
  const packages = packagesOf(release).join(' ')
  const install = `printf '${answers.replaceAll('\n', '\\n')}' | debconf-set-selections
    apt-get -qq update && apt-get -qq install --yes --no-install-recommends ${packages}`
  const done = await inTree(draft, [...LIMIT, 'sh', '-ec', install], { DEBIAN_FRONTEND: 'noninteractive' })
  if (done.status !== 0) throw new Error(`${packages} cannot be installed:\n${done.stdout}${done.stderr}`)
  await rm(join(draft, POLICY))
}
