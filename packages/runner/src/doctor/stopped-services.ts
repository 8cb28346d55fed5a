/** The services of this host that should run and do not, and what starts them: by systemd(1), or by the scripts of init(8). */
import { existsSync, readdirSync } from 'node:fs'
import { execa } from 'execa'
import { hasSystemd } from '../postfix/systemd.js'
import { commandLine } from './command-line.js'

interface StoppedService {
  readonly name: string
  /** Whether it starts with the machine. */
  readonly enabled: boolean
}

/**
 * The commands that start those of these services that are installed here and do not run. A service that does not start with the
 * machine may be stopped on purpose: it is started only where all that are stopped are such.
 */
export async function commandsToStartServices(names: readonly string[]): Promise<readonly string[]> {
  const state = hasSystemd() ? stoppedUnit : stoppedScript
  const stopped = (await Promise.all(names.map(state))).filter((one) => one !== undefined)
  const expected = stopped.filter(({ enabled }) => enabled)
  return (expected.length > 0 ? expected : stopped).map(commandToStart)
}

function commandToStart({ name, enabled }: StoppedService): string {
  if (!hasSystemd()) return commandLine('service', name, 'start')
  return commandLine('systemctl', ...(enabled ? ['start'] : ['enable', '--now']), name)
}

/** Undefined where it runs, is masked or is not installed. */
async function stoppedUnit(name: string): Promise<StoppedService | undefined> {
  const properties = '--property=LoadState,ActiveState,UnitFileState'
  const { stdout } = await execa('systemctl', ['show', properties, '--', `${name}.service`], { reject: false })
  const has = (line: RegExp): boolean => line.test(stdout)
  if (!has(/^LoadState=loaded$/m) || !has(/^ActiveState=(?:inactive|failed)$/m)) return undefined
  return { name, enabled: !has(/^UnitFileState=disabled$/m) }
}

/** The directories of links to the scripts that are run at the start of the machine (init-d-script(5), update-rc.d(8)). */
const LEVELS = ['/etc/rc2.d', '/etc/rc3.d', '/etc/rc5.d']

/** Undefined where it runs, or is not installed. */
async function stoppedScript(name: string): Promise<StoppedService | undefined> {
  if (!existsSync(`/etc/init.d/${name}`)) return undefined
  const { exitCode } = await execa('service', [name, 'status'], { reject: false })
  if (exitCode === 0) return undefined
  const links = LEVELS.flatMap((level) => (existsSync(level) ? readdirSync(level) : []))
  return { name, enabled: links.some((link) => link.replace(/^S\d\d/, '') === name && link !== name) }
}
