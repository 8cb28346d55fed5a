/**
 * The directories of a Postfix queue, made as the table in postfix-files says. `postfix check` would make them too, and
 * look at the whole installation besides: that takes longer than all the rest of a start.
 */
import { existsSync } from 'node:fs'
import { chmod, chown, cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './command.js'

/** Makes what is missing below `queueDirectory`; leaves mail that is there alone. */
export async function makeQueueDirectory(queueDirectory: string): Promise<void> {
  const [table, postfix, postdrop] = await Promise.all([
    readFile('/etc/postfix/postfix-files', 'utf8'),
    idOf('passwd', 'postfix'),
    idOf('group', 'postdrop'),
  ])
  for (const line of table.split('\n')) {
    const [path, type, owner, group, mode] = line.split(':')
    if (path?.startsWith('$queue_directory') !== true || type !== 'd') continue
    const directory = path.replace('$queue_directory', queueDirectory)
    await mkdir(directory, { recursive: true })
    await chown(directory, owner === '$mail_owner' ? postfix : 0, group === '$setgid_group' ? postdrop : 0)
    await chmod(directory, Number.parseInt(mode ?? '', 8))
  }
}

/** What a chrooted service looks for below the queue directory, as Debian's configure-instance.sh copies it. */
export async function fillChroot(queueDirectory: string): Promise<void> {
  for (const name of ['localtime', 'services', 'resolv.conf', 'hosts', 'host.conf', 'nsswitch.conf']) {
    const source = join('/etc', name)
    if (existsSync(source)) await cp(source, join(queueDirectory, 'etc', name), { recursive: true, dereference: true })
  }
  for (const directory of await readdir('/lib')) {
    if (!/-linux-gnu/.test(directory)) continue
    const libraries = join('/lib', directory)
    for (const name of await readdir(libraries)) {
      if (!/^lib(?:nss_.*|resolv.*)\.so/.test(name)) continue
      await cp(join(libraries, name), join(queueDirectory, libraries, name), { dereference: true })
    }
  }
}

/** The numeric id of an account or a group, from the third field of its entry (passwd(5), group(5)). */
export async function idOf(database: 'passwd' | 'group', name: string): Promise<number> {
  const entry = await runCommand('getent', [database, name])
  return Number(entry.toString().split(':')[2])
}
