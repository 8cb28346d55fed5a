/**
 * The next hop: an SMTP server (RFC 5321) that keeps what it was given, byte by byte, and refuses, stalls or hangs up
 * where it is told to. Only CRLF.CRLF ends a message (RFC 5321 §4.1.1.4); whatever else arrives is content.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type Fault, SinkSession, type Stage } from './sink-session.js'
import { TIME_LIMIT } from './waiting.js'

export type { Fault, Stage } from './sink-session.js'

/** One message that the sink answered 250 for. */
export interface Received {
  /** The content: no dot-stuffing, no final dot. */
  readonly bytes: Buffer
  /** The content as it came over the wire, dot-stuffed. */
  readonly raw: Buffer
  /** The MAIL command without its CRLF, and so below. */
  readonly mail: Buffer
  readonly rcpts: readonly Buffer[]
  /** Address in MAIL, without angle brackets, read as UTF-8. */
  readonly sender: string
  readonly recipients: readonly string[]
  /** Every command line of the session since the message before. */
  readonly transcript: readonly Buffer[]
  /** Counts the connections to the sink, from 1. */
  readonly session: number
  /** When the final dot had come: milliseconds of `performance.now()`. */
  readonly at: number
}

export interface SinkOptions {
  /** A UNIX socket to listen on, instead of a port of 127.0.0.1. */
  readonly path?: string
  /** What EHLO announces. */
  readonly keywords?: readonly string[]
  /** Whether messages are kept. Without, only `count` grows: for millions of messages. Kept unless false. */
  readonly keep?: boolean
}

interface FaultOptions {
  readonly at: Stage
  /** A reply such as `451 4.3.0 not now`, or no reply for ever, or the end of the connection. */
  readonly answer: Fault
  /** How often; for ever unless said. */
  readonly times?: number
  /** Only command lines that match; read as latin1. */
  readonly match?: RegExp
}

export interface Sink extends AsyncDisposable {
  /** 0 on a UNIX socket. */
  readonly port: number
  /** In the order of their final dots. */
  readonly messages: readonly Received[]
  readonly count: number
  /** Connections so far. */
  readonly sessions: number
  /** Makes it fail; returns what ends the fault. */
  fail(fault: FaultOptions): () => void
  /** Ends every connection that it has now. */
  hangUp(): void
  /** Waits until it has `count` messages and returns all. Throws after `milliseconds`. */
  waitFor(count: number, milliseconds?: number): Promise<readonly Received[]>
  /** Waits for a message, looking at those that have come, too. */
  waitFor(predicate: (message: Received) => boolean, milliseconds?: number): Promise<Received>
  /** Forgets the messages it has. */
  clear(): void
  stop(): Promise<void>
}

interface Waiter {
  look(): boolean
}

/** RFC 2920, 1870, 6152, 6531, 3461 and 2034. CHUNKING (RFC 3030), which it takes too, is for those who ask for it. */
export const announced: readonly string[] = [
  'PIPELINING',
  'SIZE 104857600',
  '8BITMIME',
  'SMTPUTF8',
  'DSN',
  'ENHANCEDSTATUSCODES',
]

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const sockets = new Set<Socket>()
  const faults = new Set<FaultOptions & { left: number }>()
  const waiters = new Set<Waiter>()
  let messages: Received[] = []
  let count = 0
  let sessions = 0

  const fault = (stage: Stage, line: Buffer): Fault | undefined => {
    for (const one of faults) {
      if (one.at !== stage || (one.match !== undefined && !one.match.test(line.toString('latin1')))) continue
      one.left -= 1
      if (one.left <= 0) faults.delete(one)
      return one.answer
    }
    return undefined
  }
  const receive = (message: Received): void => {
    count += 1
    if (options.keep !== false) messages.push(message)
    for (const waiter of waiters) if (waiter.look()) waiters.delete(waiter)
  }
  const server = createServer({ noDelay: true }, (socket) => {
    sessions += 1
    const number = sessions
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    new SinkSession(socket, options.keywords ?? announced, fault, (taken) =>
      receive({ ...taken, session: number, at: performance.now() }),
    )
  })
  await listen(server, options.path)
  const address = server.address()

  const wait = <T>(what: string, find: () => T | undefined, milliseconds = TIME_LIMIT): Promise<T> =>
    new Promise((resolve, reject) => {
      const waiter: Waiter = {
        look: () => {
          const found = find()
          if (found === undefined) return false
          clearTimeout(timer)
          resolve(found)
          return true
        },
      }
      const timer = setTimeout(() => {
        waiters.delete(waiter)
        reject(new Error(`the sink waited in vain for ${what}; it has ${count} messages`))
      }, milliseconds)
      if (!waiter.look()) waiters.add(waiter)
    })
  function waitFor(wanted: number, milliseconds?: number): Promise<readonly Received[]>
  function waitFor(wanted: (message: Received) => boolean, milliseconds?: number): Promise<Received>
  function waitFor(
    wanted: number | ((message: Received) => boolean),
    milliseconds?: number,
  ): Promise<readonly Received[] | Received> {
    if (typeof wanted === 'function') return wait('a message', () => messages.find(wanted), milliseconds)
    return wait(`${wanted} messages`, () => (count >= wanted ? messages : undefined), milliseconds)
  }
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const stop = async (): Promise<void> => {
    hangUp()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get messages() {
      return messages
    },
    get count() {
      return count
    },
    get sessions() {
      return sessions
    },
    fail: (given) => {
      const one = { ...given, left: given.times ?? Number.POSITIVE_INFINITY }
      faults.add(one)
      return () => void faults.delete(one)
    },
    hangUp,
    waitFor,
    clear: () => {
      messages = []
      count = 0
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function listen(server: Server, path: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    if (path === undefined) server.listen(0, '127.0.0.1', 1024, resolve)
    else server.listen(path, 1024, resolve)
  })
}
