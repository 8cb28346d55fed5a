/**
 * The endpoints where the relay takes mail: one for each SMTP mode, at once, so that mail which is under way in the one still
 * flows when new mail is given to the other. Unless candy.toml says otherwise, each listens in Postfix's own queue directory,
 * and hands on to a service there.
 */
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import { execa } from 'execa'
import type { Settings } from '../config/settings.js'
import type { CleanupSettings } from '../message/cleanup.js'
import { MODES, reinjectionSocket, SMTP_MODES, type SmtpMode, smtpModeFor } from '../postfix/mode.js'
import { sizeLimitOf } from '../postfix/size-limit.js'
import { CLEANUP_PARAMETERS, cleanupSettings } from './cleanup-settings.js'

export interface Endpoint {
  readonly mode: SmtpMode
  readonly listen: ServiceAddress
  readonly nextHop: ServiceAddress
  readonly protocol: 'lmtp' | 'smtp'
  /** Milliseconds for judging a message and handing it on. */
  readonly deadline: number
  /** What cleanup(8) does to what is handed on. */
  readonly cleanup: CleanupSettings
  /** Bytes of the largest message that Postfix takes; absent where it takes any, or does not say. */
  readonly messageSizeLimit?: number
}

const SIZE_LIMIT = 'message_size_limit'

/**
 * With an address of its own to listen on, there alone. Throws `CONFIG` when Postfix does not say where its queue directory is,
 * and that has to be known.
 */
export async function findEndpoints(configDirectory: string, settings: Settings): Promise<readonly Endpoint[]> {
  const { listen, nextHop, protocol, deadline } = settings.smtp
  const mode = smtpModeFor(settings.mode)
  const postfix = await askPostfix(configDirectory)
  const messageSizeLimit = sizeLimitOf(postfix.values.get(SIZE_LIMIT) ?? '')
  const mail = { cleanup: cleanupSettings(postfix.values), ...(messageSizeLimit !== undefined && { messageSizeLimit }) }
  if (listen !== undefined && nextHop !== undefined) return [{ mode, listen, nextHop, protocol, deadline, ...mail }]
  const directory = postfix.values.get('queue_directory')
  if (directory === undefined) throw new CandyError('CONFIG', `postconf: ${postfix.complaint || 'cannot be run'}`)
  const standard = (one: SmtpMode): Endpoint => ({
    mode: one,
    listen: { path: join(directory, MODES[one].socket) },
    nextHop: { path: join(directory, reinjectionSocket(one)) },
    protocol: MODES[one].protocol,
    deadline: MODES[one].deadline,
    ...mail,
  })
  const configured: Endpoint = {
    ...standard(mode),
    ...(listen !== undefined && { listen }),
    ...(nextHop !== undefined && { nextHop }),
    protocol,
    deadline,
  }
  if (listen !== undefined) return [configured]
  return SMTP_MODES.map((one) => (one === mode ? configured : standard(one)))
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
