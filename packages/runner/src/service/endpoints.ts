/**
 * The endpoints where the relay takes mail: after Postfix's queue and before it, both at once, so that mail which is under way
 * by the one still flows when new mail is given to the other. Unless candy.toml says, each listens in Postfix's own queue
 * directory, and hands on to a service there.
 */
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import { execa } from 'execa'
import type { Settings } from '../config/settings.js'
import { ENDPOINT_DEFAULTS, type EndpointDefaults, type Queue } from '../config/smtp-settings.js'
import type { CleanupSettings } from '../message/cleanup.js'
import { SOCKETS } from '../postfix/attachment.js'
import { sizeLimitOf } from '../postfix/size-limit.js'
import { CLEANUP_PARAMETERS, cleanupSettings } from './cleanup-settings.js'

export interface Endpoint extends EndpointDefaults {
  readonly queue: Queue
  readonly listen: ServiceAddress
  readonly nextHop: ServiceAddress
  /** What cleanup(8) does to what is handed on. */
  readonly cleanup: CleanupSettings
  /** Bytes of the largest message that Postfix takes; absent where it takes any, or does not say. */
  readonly messageSizeLimit?: number
}

const SIZE_LIMIT = 'message_size_limit'

/** Below the queue directory. */
const NEXT_HOPS: Readonly<Record<Queue, string>> = { after: 'public/candy-in', before: 'public/candy-in-before' }

/**
 * With an address of its own to listen on, there alone. Throws `CONFIG` when Postfix does not say where its queue directory is,
 * and that has to be known.
 */
export async function findEndpoints(configDirectory: string, { smtp }: Settings): Promise<readonly Endpoint[]> {
  const { queue, listen, nextHop, protocol, deadline } = smtp
  const postfix = await askPostfix(configDirectory)
  const messageSizeLimit = sizeLimitOf(postfix.values.get(SIZE_LIMIT) ?? '')
  const mail = { cleanup: cleanupSettings(postfix.values), ...(messageSizeLimit !== undefined && { messageSizeLimit }) }
  if (listen !== undefined && nextHop !== undefined) return [{ queue, listen, nextHop, protocol, deadline, ...mail }]
  const directory = postfix.values.get('queue_directory')
  if (directory === undefined) throw new CandyError('CONFIG', `postconf: ${postfix.complaint || 'cannot be run'}`)
  const standard = (one: Queue): Endpoint => ({
    queue: one,
    listen: { path: join(directory, SOCKETS[one]) },
    nextHop: { path: join(directory, NEXT_HOPS[one]) },
    ...mail,
    ...ENDPOINT_DEFAULTS[one],
  })
  const said: Endpoint = {
    ...standard(queue),
    ...(listen !== undefined && { listen }),
    ...(nextHop !== undefined && { nextHop }),
    protocol,
    deadline,
  }
  if (listen !== undefined) return [said]
  return (['after', 'before'] as const).map((one) => (one === queue ? said : standard(one)))
}

interface Answer {
  readonly values: ReadonlyMap<string, string>
  readonly complaint: string
}

async function askPostfix(configDirectory: string): Promise<Answer> {
  const args = ['-c', configDirectory, '-x', 'queue_directory', SIZE_LIMIT, ...CLEANUP_PARAMETERS]
  const { stdout, stderr } = await execa('postconf', args, { reject: false })
  const lines = (stdout ?? '').split('\n').map((line) => /^(\w+) = ?(.*)$/.exec(line))
  return {
    values: new Map(lines.flatMap((line) => (line ? [[line[1] ?? '', line[2] ?? '']] : []))),
    complaint: stderr ?? '',
  }
}
