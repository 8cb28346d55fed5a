/** The command that pipe(8) runs: whether its files are there, as this version of candy copies them, and root's alone. */
import { errorText } from '../os/error-text.js'
import { pipeSources } from '../postfix/installation.js'
import { examinePipeCommand } from '../postfix/pipe-command.js'
import { ailing, type Observation, urgent } from './finding.js'
import type { Host } from './host.js'

/** What is wrong with it. In other modes than pipe it is there for mail that was received before a switch. */
export function pipeFileFaults({ toml, mode, candy }: Host): readonly Observation[] {
  const observe = mode === 'pipe' ? urgent : ailing
  const enable = [candy('enable', '--yes')]
  try {
    const { stale } = examinePipeCommand(toml.state, pipeSources())
    if (stale.length === 0) return []
    const meaning =
      'They were edited or damaged, or another version of candy has copied them. pipe(8) takes an empty file for a command that has succeeded, and mail is lost then.'
    return [observe(`${stale.join(', ')}: not as this version of candy copies it`, meaning, enable)]
  } catch (error) {
    return [observe(errorText(error), 'Mail in mode pipe waits, or will after the next "candy enable".', [])]
  }
}
