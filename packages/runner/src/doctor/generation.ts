/** Which code and which configuration the running service has in force, and whether the files have changed since. */

import { printable } from '@candy/sdk'
import { errorText } from '../os/error-text.js'
import { localTime } from '../os/local-time.js'
import { readVersion } from '../os/version.js'
import { ask, ControlFailure } from '../service/control-client.js'
import type { InForceAnswer } from '../service/control-message.js'
import { serviceFiles } from '../service/state-directory.js'
import { ailing, type Observation, unknown, well } from './finding.js'
import type { Host } from './host.js'
import { commandsToRestart } from './service-commands.js'

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

export async function examineGeneration(host: Host): Promise<readonly Observation[]> {
  const { generation } = await host.view()
  if ('failure' in generation) {
    if (generation.absent && host.mode === 'pipe')
      return [well('no service runs, so code and files are read for each message of mode pipe')]
    return generation.absent
      ? [unknown('no service runs that could tell which configuration is in force', 'See what is said of the sockets.')]
      : [unknown(printable(generation.failure), 'Nobody can tell which configuration is in force.')]
  }
  return [...(await ofVersion(host, generation)), ofFiles(host, generation)]
}

/** An upgrade replaces files; the process goes on with the code that it has loaded. */
async function ofVersion(host: Host, { candyVersion }: Partial<InForceAnswer>): Promise<readonly Observation[]> {
  const installed = readVersion()
  if (candyVersion === installed) return []
  const running = candyVersion === undefined ? 'an older version' : `version ${printable(String(candyVersion))}`
  return [
    ailing(
      `candy serve runs ${running}, and ${installed} is installed`,
      'What an upgrade changes has no effect on a process that runs. It finishes the mail that it has, and starts anew.',
      await commandsToRestart(host),
    ),
  ]
}

function ofFiles({ candy }: Host, { inForce, changed }: InForceAnswer): Observation {
  const name = `generation ${Number(inForce.generation)} of ${printable(localTime(String(inForce.since)))}`
  if (inForce.configuration === 'last good') {
    return ailing(
      `${name} is in force, the last that was good before the service was started`,
      'The files were refused when the service was started. Mend what is said of the filters, then type the command.',
      [candy('reload')],
    )
  }
  if (changed.length === 0) return well(`${name} is in force, and the files are as they were then`)
  return ailing(
    `${changed.map((path) => printable(path)).join(', ')}: edited since ${name} was put in force`,
    'An edit has no effect before a reload.',
    [candy('reload')],
  )
}
