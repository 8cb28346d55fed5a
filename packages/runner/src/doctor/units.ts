/** The systemd units of candy serve: whether they are as candy writes them, run, and start with the machine. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { execa } from 'execa'
import { readFileIfPresent } from '../postfix/change.js'
import { runnerUnits } from '../postfix/runner-start.js'
import { hasSystemd } from '../postfix/systemd.js'
import { commandLine } from './command-line.js'
import { ailing, type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

export async function examineUnits({ instance, toml, mode, candy }: Host): Promise<readonly Observation[]> {
  if (mode === 'pipe') return [well('in mode pipe no service is needed')]
  if (!hasSystemd()) return [well('without systemd another supervisor keeps candy serve running')]
  const units = await runnerUnits(instance, mode, toml.state)
  const enable = [candy('enable', '--yes')]
  const missing = units.filter(({ path }) => !existsSync(path)).map(({ path }) => path)
  if (missing.length > 0) return [urgent(`${missing.join(', ')}: missing`, 'Nothing starts candy serve.', enable)]
  const names = units.map(({ path }) => basename(path))
  const [active, enabled] = await Promise.all([statesOf('is-active', names), statesOf('is-enabled', names)])
  const stopped = names.filter((_, at) => active[at] !== 'active')
  const disabled = names.filter((_, at) => enabled[at] !== 'enabled')
  const edited = units.filter(({ path, text = '' }) => readFileIfPresent(path) !== Buffer.from(text).toString('latin1'))
  const found = [
    ...(edited.length === 0
      ? []
      : [
          ailing(
            `${edited.map(({ path }) => path).join(', ')}: not as this version of candy writes it`,
            'It was edited, or an older version wrote it, or Node.js or candy has moved since. An edit of your own belongs in a file of its own (systemctl edit).',
            enable,
          ),
        ]),
    ...(stopped.length === 0
      ? []
      : [
          urgent(`${stopped.join(', ')}: not running`, 'Mail waits until it runs.', [
            commandLine('systemctl', 'start', ...stopped),
          ]),
        ]),
    ...(disabled.length === 0
      ? []
      : [
          ailing(`${disabled.join(', ')}: does not start with the machine`, 'After the next reboot mail waits.', [
            commandLine('systemctl', 'enable', ...disabled),
          ]),
        ]),
  ]
  return found.length > 0 ? found : [well(`${names.join(', ')}: running, and started with the machine`)]
}

/** What systemctl(1) says of each unit. Its exit status only sums that up. */
async function statesOf(question: 'is-active' | 'is-enabled', names: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await execa('systemctl', [question, ...names], { reject: false })
  return stdout.split('\n')
}
