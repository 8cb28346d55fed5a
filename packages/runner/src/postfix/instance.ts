/**
 * Reads one Postfix instance: what postconf(1) prints about it, and the texts of main.cf and master.cf. Plans are made from what
 * was read; this module changes nothing.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type MasterCf, parse, readText } from '@candy/master-cf'
import { type Commands, commandsOf } from './commands.js'
import { PostfixError } from './error.js'
import { allowsExecutableMemory, unitThatKillsNode } from './hardening.js'
import { readParameters } from './parameters.js'

export interface Instance {
  readonly configDirectory: string
  /** `3.7.11` */
  readonly version: string
  readonly queueDirectory: string
  /** The text of master.cf as Latin-1, one character for each byte, as the package master-cf expects it. */
  readonly masterText: string
  readonly mainText: string
  readonly master: MasterCf
  /** The parameters from main.cf and Postfix's defaults, with `$name` expanded. */
  readonly parameters: ReadonlyMap<string, string>
  /** The names of the parameters that this version of Postfix has. */
  readonly known: ReadonlySet<string>
  /** Whether sendmail(1), run by an ordinary account, may submit mail to this instance. */
  readonly submits: boolean
  /** The configuration directory of Postfix's default instance. */
  readonly defaultDirectory: string
  /** Whether a process that pipe(8) starts may make memory executable (hardening.ts). */
  readonly allowsExecutableMemory: boolean
  /** The systemd unit in which systemd kills Node.js (hardening.ts); undefined where Node.js can run. */
  readonly unitThatKillsNode: string | undefined
}

/** The oldest release of Postfix whose configuration candy supports. */
const OLDEST = [3, 4] as const

/** Throws PostfixError when Postfix is missing, too old, or cannot read its own configuration. */
export async function readInstance(configDirectory: string): Promise<Instance> {
  assertConfigured(configDirectory)
  const masterText = readText(join(configDirectory, 'master.cf'))
  const master = parse(masterText)
  // postconf(1) stops at the first problem of master.cf and says less about it than the parser does.
  const run: Commands = (name, ...args) =>
    commandsOf(configDirectory)(name, ...args).catch((error: Error) => {
      throw master.problems.length === 0
        ? error
        : new PostfixError(masterCfProblems({ configDirectory, master }).join('\n'))
    })
  const [defaults, parameters] = await Promise.all([readParameters(run, '-d'), readParameters(run, '-x')])
  const version = parameters.get('mail_version') ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new PostfixError(`Postfix ${version} is older than ${OLDEST.join('.')}: upgrade Postfix first`)
  }
  const defaultDirectory = defaults.get('config_directory') ?? '/etc/postfix'
  const queueDirectory = required(parameters, 'queue_directory')
  return {
    configDirectory,
    version,
    queueDirectory,
    masterText,
    mainText: readText(join(configDirectory, 'main.cf')),
    master,
    parameters,
    known: new Set(defaults.keys()),
    submits: await submits(configDirectory, defaultDirectory),
    defaultDirectory,
    allowsExecutableMemory: await allowsExecutableMemory(queueDirectory),
    unitThatKillsNode: await unitThatKillsNode(queueDirectory),
  }
}

/** The configuration files of an instance that candy edits. */
export function filesOf({ configDirectory }: Pick<Instance, 'configDirectory'>): {
  readonly main: string
  readonly master: string
  readonly settings: string
} {
  const path = (name: string): string => join(configDirectory, name)
  return { main: path('main.cf'), master: path('master.cf'), settings: path('candy.toml') }
}

/** Throws PostfixError when the directory has no main.cf or no master.cf. */
function assertConfigured(configDirectory: string): void {
  for (const name of ['main.cf', 'master.cf']) {
    if (existsSync(join(configDirectory, name))) continue
    throw new PostfixError(
      `${configDirectory} has no ${name}: Postfix is not set up there. Set it up first (on Debian: apt install postfix, or dpkg-reconfigure postfix where it is installed), or name the directory of another instance: candy -c DIR ...`,
    )
  }
}

/** The problems of master.cf, each with its position and what to do about it. */
export function masterCfProblems({
  configDirectory,
  master,
}: Pick<Instance, 'configDirectory' | 'master'>): readonly string[] {
  return master.problems.map(
    ({ line, column, message }) =>
      `${configDirectory}/master.cf:${line}:${column}: ${message}. candy edits no file that Postfix may read otherwise: mend this line first.`,
  )
}

/** The value of a parameter with `$name` expanded; empty where this version of Postfix has no such parameter. */
export function parameterOf({ parameters }: Pick<Instance, 'parameters'>, name: string): string {
  return parameters.get(name) ?? ''
}

/**
 * Expands `$name`, `$(name)` and `${name}` in a value of master.cf (postconf(5)). A parameter that is not set expands to nothing.
 */
export function expand(instance: Pick<Instance, 'parameters'>, value: string): string {
  return value.replace(/\$(?:\{(\w+)\}|\((\w+)\)|(\w+))/g, (_, braced, bracketed, plain) =>
    parameterOf(instance, braced ?? bracketed ?? plain),
  )
}

/** A parameter's value. Throws PostfixError when it is empty. */
function required(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined || value === '') throw new PostfixError(`postconf does not say what ${name} is`)
  return value
}

/**
 * Whether an ordinary account may submit mail with sendmail(1). That runs the set-gid command postdrop(1), which ordinary
 * accounts may use only for the default instance and for those listed in its main.cf (postdrop(1),
 * "alternate_config_directories").
 */
async function submits(configDirectory: string, defaultDirectory: string): Promise<boolean> {
  if (isSame(configDirectory, defaultDirectory)) return true
  // Look first: postconf(1) waits for a second before it reports that main.cf is missing.
  if (!existsSync(join(defaultDirectory, 'main.cf'))) return false
  const run: Commands = commandsOf(defaultDirectory)
  const names = ['alternate_config_directories', 'multi_instance_directories']
  const printed = await run('postconf', '-x', '-h', ...names).catch(() => '')
  return printed.split(/[\s,]+/).includes(configDirectory)
}

/** Compares directories by inode, since one directory may have two names. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }))
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev
}
