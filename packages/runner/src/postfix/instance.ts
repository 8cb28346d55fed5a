/**
 * One Postfix instance as it is: what postconf(1) says of it, and the bytes of its two files. Read before anything is
 * planned; nothing here changes anything.
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
  /** Bytes as Latin-1 text, as all of master-cf's. */
  readonly masterText: string
  readonly mainText: string
  readonly master: MasterCf
  /** What main.cf and the defaults come to, `$name` expanded. */
  readonly parameters: ReadonlyMap<string, string>
  /** The parameters that this version of Postfix has. */
  readonly known: ReadonlySet<string>
  /** Whether sendmail(1), run by an ordinary account, may submit mail to this instance. */
  readonly submits: boolean
  /** Postfix's default instance. */
  readonly defaultDirectory: string
  /** Whether what pipe(8) starts may compile code (hardening.ts). */
  readonly allowsExecutableMemory: boolean
  /** The systemd unit below which no Node.js runs; undefined where it does. */
  readonly unitThatKillsNode: string | undefined
}

/** The first release whose configuration is understood in full. */
const OLDEST = [3, 4] as const

/** Throws PostfixError when Postfix is missing, too old, or cannot read its own configuration. */
export async function readInstance(configDirectory: string): Promise<Instance> {
  assertConfigured(configDirectory)
  const masterText = readText(join(configDirectory, 'master.cf'))
  const master = parse(masterText)
  // postconf(1) gives up at the first fault of master.cf, and says less of it.
  const run: Commands = (name, ...args) =>
    commandsOf(configDirectory)(name, ...args).catch((error: Error) => {
      throw master.problems.length === 0 ? error : new PostfixError(faultsOf({ configDirectory, master }).join('\n'))
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

/** The files of an instance that candy writes. */
export function filesOf({ configDirectory }: Pick<Instance, 'configDirectory'>): {
  readonly main: string
  readonly master: string
  readonly settings: string
} {
  const path = (name: string): string => join(configDirectory, name)
  return { main: path('main.cf'), master: path('master.cf'), settings: path('candy.toml') }
}

/** Throws PostfixError where there is no configuration: what to type depends on who makes one on this system. */
function assertConfigured(configDirectory: string): void {
  for (const name of ['main.cf', 'master.cf']) {
    if (existsSync(join(configDirectory, name))) continue
    throw new PostfixError(
      `${configDirectory} has no ${name}: Postfix is not set up there. Set it up first (on Debian: apt install postfix, or dpkg-reconfigure postfix where it is installed), or name the directory of another instance: candy -c DIR ...`,
    )
  }
}

/** What is wrong with master.cf, with the place and what to do. */
export function faultsOf({ configDirectory, master }: Pick<Instance, 'configDirectory' | 'master'>): readonly string[] {
  return master.problems.map(
    ({ line, column, message }) =>
      `${configDirectory}/master.cf:${line}:${column}: ${message}. candy edits no file that Postfix may read otherwise: mend this line first.`,
  )
}

/** A parameter's value with `$name` expanded; empty where Postfix has no such parameter. */
export function parameterOf({ parameters }: Pick<Instance, 'parameters'>, name: string): string {
  return parameters.get(name) ?? ''
}

/** `$name`, `$(name)` and `${name}` replaced, in a value of master.cf (postconf(5)); what is not set becomes nothing. */
export function expand(instance: Pick<Instance, 'parameters'>, value: string): string {
  return value.replace(/\$(?:\{(\w+)\}|\((\w+)\)|(\w+))/g, (_, braced, bracketed, plain) =>
    parameterOf(instance, braced ?? bracketed ?? plain),
  )
}

function required(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined || value === '') throw new PostfixError(`postconf does not say what ${name} is`)
  return value
}

/**
 * sendmail(1) hands over to set-gid postdrop(1), which serves ordinary accounts the default instance alone, and those that
 * are listed in the default instance's main.cf (postdrop(1), "alternate_config_directories").
 */
async function submits(configDirectory: string, defaultDirectory: string): Promise<boolean> {
  if (isSame(configDirectory, defaultDirectory)) return true
  // postconf(1) takes a second to say that it is not there.
  if (!existsSync(join(defaultDirectory, 'main.cf'))) return false
  const lists: Commands = commandsOf(defaultDirectory)
  const names = ['alternate_config_directories', 'multi_instance_directories']
  const printed = await lists('postconf', '-x', '-h', ...names).catch(() => '')
  return printed.split(/[\s,]+/).includes(configDirectory)
}

/** By inode: a directory may be known by two names. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }))
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev
}
