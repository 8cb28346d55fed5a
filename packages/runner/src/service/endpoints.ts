/**
 * The endpoints where the service takes mail. There is one for each mode, and all are open at the same time: after a switch of
 * the mode, mail that is under way in the old mode is still taken. Unless candy.toml says otherwise, an endpoint of an SMTP mode and
 * that of mode milter listen on a socket in Postfix's queue directory, and hand mail over to a service there. That of mode pipe listens
 * in the state directory: pipe(8) runs candy-pipe with candy's own rights.
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
import { readInherited } from './inherited-sockets.js'

export type Endpoint = SmtpEndpoint | PipeEndpoint | MilterEndpoint

interface SmtpEndpoint extends EndpointOf<SmtpMode> {
  readonly nextHop: ServiceAddress
  readonly protocol: 'lmtp' | 'smtp'
}

interface PipeEndpoint extends EndpointOf<'pipe'> {
  readonly nextHop: ServiceAddress
  /** Postfix's configuration directory. */
  readonly configDirectory: string
}

interface MilterEndpoint extends EndpointOf<'milter'> {
  /** For recipients who are to get another message than the others; absent where no Postfix is on this host, and candy.toml names none. */
  readonly nextHop?: ServiceAddress
  /** Bytes of the longest packet that Postfix may send. */
  readonly packetLimit: number
}

interface EndpointOf<M extends Mode> {
  readonly mode: M
  readonly listen: ServiceAddress
  /** Milliseconds for judging a message and handing it over. */
  readonly deadline: number
  /** What cleanup(8) does to a message that is handed over. */
  readonly cleanup: CleanupSettings
  /** Bytes of the largest message that Postfix accepts; absent when it accepts any size, or when postconf(1) does not say it. */
  readonly messageSizeLimit?: number
}

const SIZE_LIMIT = 'message_size_limit'

/** Bytes of a packet beside those of a header field: its name may be as long as a line, and a chunk of a body has 65,535 bytes. */
const PACKET_MARGIN = 128 * 1024

/**
 * Finds the endpoints for these settings. When candy.toml names an address to listen on for its mode, that is the only one. Throws
 * `CONFIG` when an endpoint needs Postfix's queue directory, and postconf(1) does not say where it is.
 */
export async function findEndpoints(
  configDirectory: string,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<readonly Endpoint[]> {
  const { listen, nextHop, protocol, deadline } = settings.smtp
  const mode = smtpModeFor(settings.mode)
  const postfix = await askPostfix(configDirectory)
  const messageSizeLimit = sizeLimitOf(postfix.values.get(SIZE_LIMIT) ?? '')
  const limits = {
    cleanup: cleanupSettings(postfix.values),
    ...(messageSizeLimit !== undefined && { messageSizeLimit }),
  }
  const milterAt = (address: ServiceAddress, reinjection: ServiceAddress | undefined): MilterEndpoint => ({
    mode: 'milter',
    listen: address,
    ...(reinjection !== undefined && { nextHop: reinjection }),
    deadline: settings.milter.deadline,
    ...limits,
    cleanup: cleanupSettings(postfix.values, 'behind a milter'),
    packetLimit: limits.cleanup.headerSizeLimit + PACKET_MARGIN,
  })
  if (settings.mode === 'milter' && settings.milter.listen !== undefined) {
    return [milterAt(settings.milter.listen, nextHop ?? reinjectionIn(postfix.values))]
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
  const milter = milterAt(
    settings.milter.listen ?? { path: join(directory, MODES.milter.socket) },
    nextHop ?? reinjectionIn(postfix.values),
  )
  return [...smtp, ...(lacksMilterSocket(settings, env) ? [] : [milter]), ...(hasPipeDirectory(settings) ? [pipe] : [])]
}

/**
 * Whether systemd passes sockets and none for the milter, as by units from before there was that mode. The service cannot make the socket
 * itself then, since its unit keeps it from writing into Postfix's queue directory.
 */
function lacksMilterSocket({ mode, milter }: Settings, env: NodeJS.ProcessEnv): boolean {
  const inherited = readInherited(env)
  const passed = inherited.length > 0 && !inherited.some(({ name }) => name === 'milter')
  return passed && mode !== 'milter' && milter.listen === undefined
}

function reinjectionIn(values: ReadonlyMap<string, string>): ServiceAddress | undefined {
  const directory = values.get('queue_directory')
  return directory === undefined ? undefined : { path: join(directory, reinjectionSocket('milter')) }
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
