/**
 * The command that pipe(8) runs: whether its files are there, as this version of candy copies them, and root's alone, and whether npm
 * has installed the program for this machine.
 */
import { errorText } from '../os/error-text.js'
import { handoverInstallation } from '../postfix/handover.js'
import { pipeSources } from '../postfix/installation.js'
import { examinePipeCommand, type PipeSources } from '../postfix/pipe-command.js'
import { ailing, type Observation, urgent } from './finding.js'
import type { Host } from './host.js'

/** What is wrong with it. In other modes than pipe it is there for mail that was received before a switch. */
export function pipeFileFaults({ toml, mode, candy }: Host): readonly Observation[] {
  const observe = mode === 'pipe' ? urgent : ailing
  const enable = [candy('enable', '--yes')]
  try {
    const sources = pipeSources()
    const { stale } = examinePipeCommand(toml.state, sources)
    if (stale.length === 0) return mode === 'pipe' ? missingHandover(sources, enable) : []
    const meaning =
      'They were edited or damaged, or another version of candy has copied them. pipe(8) takes an empty file for a command that has succeeded, and mail is lost then.'
    return [observe(`${stale.join(', ')}: not as this version of candy copies it`, meaning, enable)]
  } catch (error) {
    return [observe(errorText(error), 'Mail in mode pipe waits, or will after the next "candy enable".', [])]
  }
}

function missingHandover({ handover, candy }: PipeSources, enable: readonly string[]): readonly Observation[] {
  if (handover === undefined || handover.program !== undefined) return []
  const meaning =
    'It has the program that hands messages to candy serve. Without it Node.js is started for each message, which takes far longer. No mail is lost by that.'
  return [ailing(`${handover.package} is not installed`, meaning, [handoverInstallation(candy), ...enable])]
}
