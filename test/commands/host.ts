/**
 * A mail host on which somebody types what the pages say: a private Postfix that knows nothing of candy, clamd and spamd where Debian
 * has them, `candy` in PATH, and a supervisor that keeps `candy serve` up. Only the processes of this host see it so.
 */
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { installCandy } from '../kit/installation.js'
import { keepUp } from '../kit/supervisor.js'
import { startTestBed, type TestBed } from '../kit/test-bed.js'

export interface Host extends TestBed {
  /** Does what root types. Throws, with what was printed and Postfix's log, unless it ends with one of the statuses. */
  type(line: string, statuses?: readonly number[]): Promise<string>
  /** The names of the messages in the quarantine, the latest last. */
  quarantined(): Promise<readonly string[]>
  /** Replaces a line of a drop-in by another one, as somebody with an editor would. */
  edit(dropIn: string, line: RegExp, replacement: string): Promise<void>
}

/** Commands that ask before they do something; the person at this host says yes to all of them. */
const ASKING = ['enable', 'mode', 'disable', 'release', 'delete']

export async function startHost(): Promise<Host> {
  let command = ''
  const testBed = await startTestBed(
    async (directory) => {
      command = (await installCandy(join(directory, 'candy'))).candy
      return {}
    },
    { clamd: { settings: { AlertExceedsMax: 'yes' }, signaturesFrom: new Date() }, spamd: { allowTell: true } },
  )
  try {
    return await furnish(testBed, command)
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

async function furnish(testBed: TestBed, command: string): Promise<Host> {
  const { directory, postfix, clamd } = testBed
  const below = async (name: string): Promise<string> => {
    await mkdir(join(directory, name), { recursive: true })
    return join(directory, name)
  }
  const [run, state, bin, home] = await Promise.all(['run', 'var-lib', 'bin', 'home'].map(below))
  await symlink(clamd?.socket ?? '', join(await below('run/clamav'), 'clamd.ctl'))
  for (const [from, to] of [
    [run, '/run'],
    [state, '/var/lib'],
  ] as const) {
    await postfix.run('mount', ['--bind', from ?? '', to])
  }
  const patterns = ASKING.map((word) => `*" ${word} "*`).join('|')
  await writeFile(
    join(bin ?? '', 'candy'),
    `#!/bin/sh
case " $* " in *--dry-run*) ;; ${patterns}) set -- "$@" --yes ;; esac
exec ${process.execPath} ${command} "$@"
`,
  )
  await chmod(join(bin ?? '', 'candy'), 0o755)
  const path = [bin, dirname(process.execPath), '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'].join(
    ':',
  )
  const environment = [`--chdir=${home}`, `PATH=${path}`, `HOME=${home}`, 'NO_COLOR=1']
  const type: Host['type'] = async (line, statuses = [0]) => {
    const { status, stdout, stderr } = await postfix.run('env', [...environment, 'sh', '-c', line])
    if (status !== null && statuses.includes(status)) return `${stdout}${stderr}`
    throw new Error(`${line}\nstatus ${status}\n${stdout}${stderr}\n${await postfix.log()}`)
  }
  // The line that docs/enable.md has for a supervisor.
  const page = await readFile(join(import.meta.dirname, '../../docs/enable.md'), 'utf8')
  const [supervised] = /^setpriv .* candy serve$/m.exec(page) ?? []
  void postfix.run('env', [...environment, 'sh', '-c', keepUp(postfix.queueDirectory, `${supervised} --workers 1`)])
  const filters = join(postfix.configDirectory, 'filters.d')
  return {
    ...testBed,
    type,
    quarantined: async () => {
      const names = await readdir(join(state ?? '', 'candy/postfix/quarantine')).catch(() => [])
      return names.toSorted()
    },
    edit: async (dropIn, line, replacement) => {
      const text = await readFile(join(filters, dropIn), 'utf8')
      if (!line.test(text)) throw new Error(`${dropIn} has no line ${line}`)
      await writeFile(join(filters, dropIn), text.replace(line, replacement))
    },
  }
}
