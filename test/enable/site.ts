/** A private Postfix that knows nothing of candy, and candy installed beside it, not set up: what `candy enable` is for. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandResult } from '../kit/command.js'
import { type Installation, installCandy } from '../kit/installation.js'
import { keepUp } from '../kit/supervisor.js'
import { startTestBed, type TestBed, type TestBedOptions } from '../kit/test-bed.js'

export interface Site extends TestBed {
  readonly installation: Installation
  /** Where candy keeps spool, quarantine and journal. */
  readonly state: string
  /** Runs `candy ARGUMENTS` as root where this Postfix is the default one. Throws unless it ends with `status`. */
  candy(argv: readonly string[], status?: number): Promise<{ readonly stdout: string; readonly stderr: string }>
  /** The same under `sh -c SCRIPT`, where `"$@"` is the command line. */
  candyIn(script: string, argv: readonly string[], status?: number): ReturnType<Site['candy']>
  /** `candy enable --yes`, with the state of this site. */
  enable(...argv: readonly string[]): Promise<void>
  /** master.cf and main.cf, byte for byte. */
  files(): Promise<Files>
  /** Edits master.cf, as somebody with an editor would. */
  writeMaster(text: string): Promise<void>
  writeFilter(name: string, text: string): Promise<void>
  /** Acts as a supervisor: starts `candy serve` as the account candy, and again whenever it ends. The test bed stops it. */
  supervise(): void
  quarantined(): Promise<readonly string[]>
}

export interface Files {
  readonly master: string
  readonly main: string
}

export async function startSite(options: TestBedOptions = {}): Promise<Site> {
  let installation: Installation | undefined
  const testBed = await startTestBed(async (directory) => {
    installation = await installCandy(join(directory, 'candy'))
    return options
  })
  if (installation === undefined) throw new Error('candy was not installed')
  const { directory, postfix } = testBed
  const command = installation.candy
  const state = join(directory, 'state')
  const instance = options.secondary === true ? ['-c', postfix.configDirectory] : []
  const candyIn: Site['candyIn'] = async (script, argv, status = 0) => {
    const line = [process.execPath, command, ...instance, ...argv]
    const result = await postfix.run('sh', ['-c', script, 'sh', ...line])
    const { stdout, stderr } = texts(result)
    if (result.status !== status) {
      throw new Error(`candy ${argv.join(' ')}: status ${result.status}\n${stdout}${stderr}\n${await postfix.log()}`)
    }
    return { stdout, stderr }
  }
  const candy: Site['candy'] = (argv, status) => candyIn('exec "$@"', argv, status)
  return {
    ...testBed,
    installation,
    state,
    candy,
    candyIn,
    enable: async (...argv) => void (await candy(['enable', '--yes', '--state', state, ...argv])),
    files: async () => ({
      master: await readFile(join(postfix.configDirectory, 'master.cf'), 'latin1'),
      main: await readFile(join(postfix.configDirectory, 'main.cf'), 'latin1'),
    }),
    writeMaster: (text) => writeFile(join(postfix.configDirectory, 'master.cf'), text, 'latin1'),
    writeFilter: async (name, text) => {
      const filters = join(postfix.configDirectory, 'filters.d')
      await mkdir(filters, { recursive: true })
      await writeFile(join(filters, name), text, { mode: 0o755 })
    },
    supervise: () => {
      const account = ['setpriv', '--reuid', 'candy', '--regid', 'candy', '--groups', 'postdrop', '--']
      const line = [...account, process.execPath, command, ...instance, 'serve', '--workers', '1']
      void postfix.run('sh', ['-c', keepUp(postfix.queueDirectory, '"$@"'), 'sh', ...line])
    },
    quarantined: () => readdir(join(state, 'quarantine')),
  }
}

function texts({ stdout, stderr }: CommandResult): { readonly stdout: string; readonly stderr: string } {
  return { stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1') }
}
