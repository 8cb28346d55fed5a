/** Whether Postfix runs, which version it is, and whether master.cf has lines that can be read in two ways. */
import { hasSystemd } from '../postfix/systemd.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

export async function examinePostfix({ instance, run, postfix }: Host): Promise<readonly Observation[]> {
  const { version, configDirectory, defaultDirectory } = instance
  const faults = instance.master.problems.map(({ line, column, message }) =>
    urgent(
      `${configDirectory}/master.cf:${line}:${column}: ${message}`,
      'Postfix does not start with this line, or reads it otherwise than it is meant.',
      [`vi +${line} ${configDirectory}/master.cf`, postfix('postfix', 'reload')],
    ),
  )
  const start =
    hasSystemd() && configDirectory === defaultDirectory ? 'systemctl start postfix' : postfix('postfix', 'start')
  const isRunning = await run('postfix', 'status').then(
    () => true,
    () => false,
  )
  if (!isRunning) return [...faults, urgent('Postfix is not running', 'No mail comes in or goes out.', [start])]
  return [...faults, well(`Postfix ${version} runs with ${configDirectory}`)]
}
