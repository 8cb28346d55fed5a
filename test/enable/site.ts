/** A private Postfix that knows nothing of candy, and candy installed beside it, not set up: what `candy enable` is for. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandResult } from '../ground/command.js'
import { type Ground, type GroundOptions, startGround } from '../ground/ground.js'
import { type Installation, installCandy } from '../ground/installation.js'

export interface Site extends Ground {
  readonly installation: Installation
  /** Where candy keeps spool, quarantine and journal. */
  readonly state: string
  /** Runs `candy ARGUMENTS` as root where this Postfix is the default one. Throws unless it ends with `status`. */
  candy(argv: readonly string[], status?: number): Promise<{ readonly stdout: string; readonly stderr: string }>
  /** `candy enable --yes`, with the state of this site. */
  enable(...argv: readonly string[]): Promise<void>
  /** master.cf and main.cf, byte for byte. */
  files(): Promise<Files>
  writeFilter(name: string, text: string): Promise<void>
  quarantined(): Promise<readonly string[]>
}

export interface Files {
  readonly master: string
  readonly main: string
}

export async function startSite(options: GroundOptions = {}): Promise<Site> {
  let installation: Installation | undefined
  const ground = await startGround(async (directory) => {
    installation = await installCandy(join(directory, 'candy'))
    return options
  })
  if (installation === undefined) throw new Error('candy was not installed')
  const { directory, postfix } = ground
  const command = installation.candy
  const state = join(directory, 'state')
  const candy = async (argv: readonly string[], status = 0): Promise<{ stdout: string; stderr: string }> => {
    const result = await postfix.run(process.execPath, [command, ...argv])
    const { stdout, stderr } = texts(result)
    if (result.status !== status) {
      throw new Error(`candy ${argv.join(' ')}: status ${result.status}\n${stdout}${stderr}\n${await postfix.log()}`)
    }
    return { stdout, stderr }
  }
  return {
    ...ground,
    installation,
    state,
    candy,
    enable: async (...argv) => void (await candy(['enable', '--yes', '--state', state, ...argv])),
    files: async () => ({
      master: await readFile(join(postfix.configDirectory, 'master.cf'), 'latin1'),
      main: await readFile(join(postfix.configDirectory, 'main.cf'), 'latin1'),
    }),
    writeFilter: async (name, text) => {
      const filters = join(postfix.configDirectory, 'filters.d')
      await mkdir(filters, { recursive: true })
      await writeFile(join(filters, name), text, { mode: 0o755 })
    },
    quarantined: () => readdir(join(state, 'quarantine')),
  }
}

function texts({ stdout, stderr }: CommandResult): { readonly stdout: string; readonly stderr: string } {
  return { stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1') }
}
