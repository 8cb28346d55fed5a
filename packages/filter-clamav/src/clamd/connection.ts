/** Reaching a clamd: one address, or the first of several that answers, waiting for one that is still starting. */
import { setTimeout as sleep } from 'node:timers/promises'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { configurationOf } from './configuration.js'
import { ClamdError } from './error.js'
import { Line } from './line.js'

/** Milliseconds that one attempt may take; a host that swallows packets must not use up the deadline of all. */
const ATTEMPT = 5_000
/** Milliseconds between rounds over the addresses. */
const PAUSE = 200

/** A connection and where it leads. Whoever asked for it destroys the socket. */
export interface Connection {
  readonly address: ServiceAddress
  readonly socket: Line
}

export interface ReachOptions {
  /** Tried in order. */
  readonly addresses: readonly ServiceAddress[]
  /** Milliseconds to go on trying; 0 is one round. */
  readonly wait: number
  readonly signal: AbortSignal | undefined
  /** Told of each attempt that fails. */
  readonly failed?: (address: ServiceAddress) => void
}

/**
 * Connects to the first address that lets us. Whatever goes wrong is tried again: clamd makes its socket anew when it
 * starts, opens it only when its signatures are loaded, and a busy one's backlog is full (EAGAIN on a UNIX socket).
 * Throws `UNREACHABLE`, or the signal's reason.
 */
export async function reach({ addresses, wait, signal, failed }: ReachOptions): Promise<Connection> {
  const end = performance.now() + wait
  for (;;) {
    const failures: ClamdError[] = []
    for (const address of addresses) {
      try {
        return { address, socket: await open(address, signal) }
      } catch (error) {
        signal?.throwIfAborted()
        failed?.(address)
        failures.push(unreachable(address, error))
      }
    }
    if (performance.now() + PAUSE > end) throw combine(failures)
    await sleep(PAUSE, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
  }
}

/** Connects once. */
async function open(address: ServiceAddress, signal: AbortSignal | undefined): Promise<Line> {
  signal?.throwIfAborted()
  const socket = new Line()
  const abort = (): void => {
    socket.destroy()
  }
  signal?.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${ATTEMPT / 1_000} s`)), ATTEMPT)
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed')))
      socket.connect({ ...address })
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
  socket.setNoDelay(true)
  return socket
}

function unreachable(address: ServiceAddress, error: unknown): ClamdError {
  const { code, message } = error as NodeJS.ErrnoException
  return new ClamdError('UNREACHABLE', `${printAddress(address)}: ${reason(address, code) ?? message}`, {
    cause: error,
  })
}

function reason(address: ServiceAddress, code: string | undefined): string | undefined {
  switch (code) {
    case 'EACCES':
      return (
        'permission denied: let this account use the socket ' +
        `(LocalSocketGroup and LocalSocketMode in ${configurationOf(address)}, and the mode of its directory), or put it into that group`
      )
    case 'ENOENT':
      return 'no such socket: is clamd running, and is this its LocalSocket?'
    case 'ECONNREFUSED':
      return 'connection refused: is clamd running?'
    case 'EAGAIN':
      return `too many connections are waiting (MaxConnectionQueueLength in ${configurationOf(address)})`
    default:
      return undefined
  }
}

function combine(failures: readonly ClamdError[]): ClamdError {
  const [first, ...more] = failures
  if (first !== undefined && more.length === 0) return first
  return new ClamdError('UNREACHABLE', failures.map((failure) => failure.message).join('; '), {
    cause: new AggregateError(failures),
  })
}
