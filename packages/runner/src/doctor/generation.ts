/** Which configuration the running service has in force, and whether the files have been edited since. */

import { printable } from '@candy/sdk'
import { errorText } from '../os/error-text.js'
import { ask, ControlFailure } from '../service/control-client.js'
import type { InForceAnswer } from '../service/control-message.js'
import { serviceFiles } from '../service/state-directory.js'
import { ailing, type Observation, unknown, well } from './finding.js'
import type { Host } from './host.js'

/** What the service answers, or why there is no answer. */
export type GenerationView = InForceAnswer | { readonly failure: string; readonly absent: boolean }

/** Milliseconds for the answer; the service reads all files for it. */
const TIMEOUT = 20_000

export async function askInForce(state: string): Promise<GenerationView> {
  try {
    return await ask<InForceAnswer>(serviceFiles(state).control, 'in-force', TIMEOUT)
  } catch (error) {
    return { failure: errorText(error), absent: error instanceof ControlFailure && error.code === 'ABSENT' }
  }
}

export async function examineGeneration({ mode, view, candy }: Host): Promise<readonly Observation[]> {
  if (mode === 'pipe') return [well('in mode pipe the files are read for each message')]
  const { generation } = await view()
  if ('failure' in generation) {
    return generation.absent
      ? [unknown('no service runs that could tell which configuration is in force', 'See what is said of the sockets.')]
      : [unknown(printable(generation.failure), 'Nobody can tell which configuration is in force.')]
  }
  const { inForce, changed } = generation
  const name = `generation ${Number(inForce.generation)} of ${printable(inForce.since)}`
  if (inForce.configuration === 'last good') {
    return [
      ailing(
        `${name} is in force, the last that was good before the service was started`,
        'The files were refused when the service was started. Mend what is said of the filters, then type the command.',
        [candy('reload')],
      ),
    ]
  }
  if (changed.length === 0) return [well(`${name} is in force, and the files are as they were then`)]
  return [
    ailing(
      `${changed.map((path) => printable(path)).join(', ')}: edited since ${name} was put in force`,
      'An edit has no effect before a reload.',
      [candy('reload')],
    ),
  ]
}
