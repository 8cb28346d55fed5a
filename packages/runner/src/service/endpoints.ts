/**
 * The endpoints where the relay takes mail: one for each SMTP mode, at once, so that mail which is under way in the one still
 * flows when new mail is given to the other. Unless candy.toml says otherwise, each listens in Postfix's own queue directory,
 * and hands on to a service there.
 */
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import type { CleanupSettings } from '../message/cleanup.js'
import { commandsOf } from '../postfix/commands.js'
import { PostfixError } from '../postfix/error.js'
import { MODES, reinjectionSocket, SMTP_MODES, type SmtpMode, smtpModeFor } from '../postfix/mode.js'
import { readParameters } from '../postfix/parameters.js'
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
  if (directory === undefined)
    throw new CandyError('CONFIG', postfix.complaint || 'postconf does not say what queue_directory is')
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

interface PostfixAnswer {
  readonly values: ReadonlyMap<string, string>
  /** Why there are none. */
  readonly complaint: string
}

async function askPostfix(configDirectory: string): Promise<PostfixAnswer> {
  try {
    const names = ['queue_directory', SIZE_LIMIT, ...CLEANUP_PARAMETERS]
    return { values: await readParameters(commandsOf(configDirectory), '-x', ...names), complaint: '' }
  } catch (error) {
    if (error instanceof PostfixError) return { values: new Map(), complaint: error.message }
    throw error
  }
}
