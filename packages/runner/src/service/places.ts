/**
 * The places where the relay takes mail: after Postfix's queue and before it, both at once, so that mail which is under way
 * by the one still flows when new mail is given to the other. Unless candy.toml says, each listens in Postfix's own queue
 * directory, and hands on to a service there.
 */
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import { execa } from 'execa'
import { SOCKETS } from '../postfix/attachment.js'
import type { Settings } from '../site/settings.js'
import { PLACE_DEFAULTS, type PlaceDefaults, type Queue } from '../site/smtp-settings.js'

export interface Place extends PlaceDefaults {
  readonly queue: Queue
  readonly listen: ServiceAddress
  readonly nextHop: ServiceAddress
}

/** Below the queue directory. */
const NEXT_HOPS: Readonly<Record<Queue, string>> = { after: 'public/candy-in', before: 'public/candy-in-before' }

/** With an address of its own to listen on, there alone. Asks Postfix only when it must. Throws `CONFIG` when Postfix does not say. */
export async function findPlaces(configDirectory: string, { smtp }: Settings): Promise<readonly Place[]> {
  const { queue, listen, nextHop, protocol, deadline } = smtp
  if (listen !== undefined && nextHop !== undefined) return [{ queue, listen, nextHop, protocol, deadline }]
  const directory = await queueDirectory(configDirectory)
  const standard = (one: Queue): Place => ({
    queue: one,
    listen: { path: join(directory, SOCKETS[one]) },
    nextHop: { path: join(directory, NEXT_HOPS[one]) },
    ...PLACE_DEFAULTS[one],
  })
  const said: Place = {
    ...standard(queue),
    ...(listen !== undefined && { listen }),
    ...(nextHop !== undefined && { nextHop }),
    protocol,
    deadline,
  }
  if (listen !== undefined) return [said]
  return (['after', 'before'] as const).map((one) => (one === queue ? said : standard(one)))
}

async function queueDirectory(configDirectory: string): Promise<string> {
  const { stdout, stderr, failed } = await execa('postconf', ['-c', configDirectory, '-h', 'queue_directory'], {
    reject: false,
  })
  if (failed) throw new CandyError('CONFIG', `postconf: ${stderr || 'cannot be run'}`)
  return stdout.trim()
}
