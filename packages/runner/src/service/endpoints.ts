/**
 * The endpoints where the service takes mail. There is one for each mode, and all are open at the same time: after a switch of
 * the mode, mail that is under way in the old mode is still taken. Unless candy.toml says otherwise, an endpoint of an SMTP mode
 * listens on a socket in Postfix's queue directory, and hands mail over to a service there. That of mode pipe listens in the state
 * directory: pipe(8) runs candy-pipe with candy's own rights.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import type { CleanupSettings } from '../message/cleanup.js'
import { commandsOf } from '../postfix/commands.js'
import { PostfixError } from '../postfix/error.js'
import { MODES, type Mode, reinjectionSocket, SMTP_MODES, type SmtpMode, smtpModeFor } from '../postfix/mode.js'
import { readParameters } from '../postfix/parameters.js'
import { pipeSocket } from '../postfix/pipe-command.js'
import { sizeLimitOf } from '../postfix/size-limit.js'
import { CLEANUP_PARAMETERS, cleanupSettings } from './cleanup-settings.js'

export type Endpoint = SmtpEndpoint | PipeEndpoint

interface SmtpEndpoint extends EndpointOf<SmtpMode> {
  readonly protocol: 'lmtp' | 'smtp'
}

interface PipeEndpoint extends EndpointOf<'pipe'> {
  /** Postfix's configuration directory. */
  readonly configDirectory: string
}

interface EndpointOf<M extends Mode> {
  readonly mode: M
  readonly listen: ServiceAddress
  readonly nextHop: ServiceAddress
  /** Milliseconds for judging a message and handing it over. */
  readonly deadline: number
  /** What cleanup(8) does to a message that is handed over. */
  readonly cleanup: CleanupSettings
  /** Bytes of the largest message that Postfix accepts; absent when it accepts any size, or when postconf(1) does not say it. */
  readonly messageSizeLimit?: number
}

const SIZE_LIMIT = 'message_size_limit'

/**
 * Finds the endpoints for these settings. When candy.toml names an address to listen on, that is the only one. Throws `CONFIG` when
 * an endpoint needs Postfix's queue directory, and postconf(1) does not say where it is.
 */
export async function findEndpoints(configDirectory: string, settings: Settings): Promise<readonly Endpoint[]> {
  const { listen, nextHop, protocol, deadline } = settings.smtp
  const mode = smtpModeFor(settings.mode)
  const postfix = await askPostfix(configDirectory)
  const messageSizeLimit = sizeLimitOf(postfix.values.get(SIZE_LIMIT) ?? '')
  const limits = {
    cleanup: cleanupSettings(postfix.values),
    ...(messageSizeLimit !== undefined && { messageSizeLimit }),
  }
  if (listen !== undefined && nextHop !== undefined) return [{ mode, listen, nextHop, protocol, deadline, ...limits }]
  const directory = postfix.values.get('queue_directory')
  if (directory === undefined)
    throw new CandyError('CONFIG', postfix.complaint || 'postconf does not say what queue_directory is')
  const presetFor = (one: SmtpMode): SmtpEndpoint => ({
    mode: one,
    listen: { path: join(directory, MODES[one].socket) },
    nextHop: { path: join(directory, reinjectionSocket(one)) },
    protocol: MODES[one].protocol,
    deadline: MODES[one].deadline,
    ...limits,
  })
  const configured: SmtpEndpoint = {
    ...presetFor(mode),
    ...(listen !== undefined && { listen }),
    ...(nextHop !== undefined && { nextHop }),
    protocol,
    deadline,
  }
  if (listen !== undefined) return [configured]
  const smtp = SMTP_MODES.map((one) => (one === mode ? configured : presetFor(one)))
  const { reinject } = settings.pipe
  const pipe: PipeEndpoint = {
    mode: 'pipe',
    listen: { path: pipeSocket(settings.state) },
    nextHop: reinject === 'sendmail' ? { path: join(directory, reinjectionSocket('pipe')) } : reinject,
    configDirectory,
    deadline: settings.pipe.deadline,
    ...limits,
  }
  return hasPipeDirectory(settings) ? [...smtp, pipe] : smtp
}

/** Whether the directory of the socket for mode pipe is there, which only root can make. Without it candy-pipe starts Node.js. */
function hasPipeDirectory({ state }: Settings): boolean {
  return existsSync(dirname(pipeSocket(state)))
}

interface PostfixAnswer {
  readonly values: ReadonlyMap<string, string>
  /** Why there are no values; empty when there are some. */
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
