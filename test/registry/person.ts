/** Somebody at a machine of their own: a home, Node.js and npm, and nothing of this checkout. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type CommandResult, tryCommand } from '../kit/command.js'
import type { CommandLine } from '../kit/namespace.js'

/** Where npm keeps what it has fetched, from one run of the tests to the next. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/candy-npm')

/** Forgets what npx(1) has installed: it knows it by name and version, and an earlier run has published the same ones. */
export function forgetCommands(): Promise<void> {
  return rm(join(CACHE, '_npx'), { recursive: true, force: true })
}

export interface Person {
  /** Their home, and their npm's prefix for global packages: what is installed there is in their PATH. */
  readonly home: string
  /** The command line that does what they type in a directory; by default in their home. */
  line(typed: CommandLine, directory?: string): CommandLine
  /** Does what they type, and gives what it prints. Throws unless it ends with `status`. */
  type(typed: CommandLine, directory?: string, status?: number): Promise<string>
}

export interface PersonOptions {
  /** npmrc(5). */
  readonly npmrc: string
  /** Directories to put first in PATH. */
  readonly path?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

export async function makePerson(home: string, options: PersonOptions): Promise<Person> {
  await mkdir(home, { recursive: true })
  await writeFile(
    join(home, '.npmrc'),
    `prefix=${home}\nfund=false\naudit=false\nupdate-notifier=false\n${options.npmrc}`,
  )
  const own = (process.env.PATH ?? '').split(delimiter).filter((directory) => !directory.includes('node_modules'))
  const environment = {
    PATH: [join(home, 'bin'), ...(options.path ?? []), ...own].join(delimiter),
    HOME: home,
    CI: 'true',
    NO_COLOR: '1',
    npm_config_cache: CACHE,
    ...options.environment,
  }
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const line = (typed: CommandLine, directory = home): CommandLine => {
    return ['env', '--ignore-environment', `--chdir=${directory}`, ...assignments, ...typed]
  }
  const type = async (typed: CommandLine, directory?: string, status = 0): Promise<string> => {
    const [command, ...args] = line(typed, directory)
    return printed(typed, await tryCommand(command, args), status)
  }
  return { home, line, type }
}

/** What a command printed. Throws unless it ended with `status`. */
export function printed(typed: CommandLine, { status, stdout, stderr }: CommandResult, expected = 0): string {
  if (status === expected) return stdout.toString()
  throw new Error(`${typed.join(' ')}: status ${status}\n${stdout}${stderr}`)
}
