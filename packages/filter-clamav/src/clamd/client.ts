/**
 * A client of one or more clamd that are as good as each other. A scan goes to the first that answers; one that failed a
 * moment ago is asked last. Sessions are used again while there is much to scan. One that turns out to be stale, as after a
 * restart of clamd, counts for nothing: the request goes out once more, on a new connection.
 */
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { reach } from './connection.js'
import { ClamdError } from './error.js'
import { isRefusal, parseReply, quote, type Reply } from './reply.js'
import { type Batch, command, instream } from './request.js'
import { type Answer, Session } from './session.js'
import { SessionPool } from './session-pool.js'
import { parseVersion, type Version } from './version.js'

/** Milliseconds for which an address that failed is asked last. */
const GRUDGE = 30_000

export interface ClamdClientOptions {
  /** At least one; in the order in which they are asked. */
  readonly addresses: readonly ServiceAddress[]
  /** Milliseconds to wait for a clamd that does not accept connections (yet); 0 unless said. */
  readonly wait?: number
}

/** What was found out about the bytes, and by which clamd. There is no other answer: the rest is thrown. */
export type ScanResult = Extract<Reply, { kind: 'clean' | 'found' | 'unscannable' }> & {
  readonly address: ServiceAddress
}

/** Holds connections for a moment after a call, and no process alive with them, so there is nothing to close. */
export interface ClamdClient {
  /**
   * Lets clamd scan the bytes. `open` is called again when a clamd is lost and another one is asked; each is asked at most
   * once, not counting stale sessions. Throws a ClamdError for anything but a clear answer, the signal's reason, or what the bytes throw.
   */
  scan(open: () => AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ScanResult>
  /** The version of a clamd, of the first that answers unless said; undefined where the command is switched off. Throws a ClamdError. */
  version(signal?: AbortSignal, address?: ServiceAddress): Promise<Version | undefined>
  /** Throws a ClamdError unless a clamd answers as it should. */
  ping(signal?: AbortSignal): Promise<void>
}

export function createClamdClient({ addresses, wait = 0 }: ClamdClientOptions): ClamdClient {
  const sessions = new SessionPool()
  const failures = new Map<ServiceAddress, number>()
  const isSuspect = (address: ServiceAddress): boolean =>
    performance.now() - (failures.get(address) ?? -Infinity) < GRUDGE
  const fail = (address: ServiceAddress): void => {
    failures.set(address, performance.now())
  }

  async function ask(
    request: () => AsyncIterable<Batch>,
    signal: AbortSignal | undefined,
    among: readonly ServiceAddress[] = addresses,
  ): Promise<Answer & { address: ServiceAddress; where: string }> {
    const speak = async (session: Session): Promise<Answer & { address: ServiceAddress; where: string }> => {
      const answer = await session.ask(request(), signal)
      sessions.give(session)
      return { ...answer, address: session.address, where: printAddress(session.address) }
    }
    signal?.throwIfAborted()
    let left = [...among.filter((address) => !isSuspect(address)), ...among.filter(isSuspect)]
    const kept = sessions.take(left[0])
    if (kept !== undefined) {
      try {
        return await speak(kept)
      } catch (error) {
        if (!isLoss(error)) throw error
      }
    }
    let patience = wait
    let loss: unknown
    for (;;) {
      const session = new Session(
        await reach({ addresses: left, wait: patience, signal, failed: fail }).catch((error: unknown) => {
          signal?.throwIfAborted()
          throw loss ?? error
        }),
      )
      try {
        return await speak(session)
      } catch (error) {
        if (!isLoss(error)) throw error
        fail(session.address)
        left = left.filter((other) => other !== session.address)
        if (left.length === 0) throw error
        loss = error
        patience = 0
      }
    }
  }

  return {
    async scan(open, signal) {
      const { text, complete, address, where } = await ask(() => instream(open()), signal)
      const reply = parseReply(text)
      switch (reply.kind) {
        case 'clean':
          if (!complete) throw new ClamdError('PROTOCOL', `${where}: said OK before it had everything`)
          return { ...reply, address }
        case 'found':
        case 'unscannable':
          return { ...reply, address }
        case 'error':
          throw new ClamdError('PROTOCOL', `${where}: ${text}`)
        case 'unknown':
          throw new ClamdError('PROTOCOL', `${where}: not a reply of clamd: ${quote(text)}`)
      }
    },
    async version(signal, address) {
      const { text, where } = await ask(() => command('VERSION'), signal, address && [address])
      const version = parseVersion(text)
      if (version === undefined && !isRefusal(text)) {
        throw new ClamdError('PROTOCOL', `${where}: not a version of clamd: ${quote(text)}`)
      }
      return version
    },
    async ping(signal) {
      const { text, where } = await ask(() => command('PING'), signal)
      if (text !== 'PONG') throw new ClamdError('PROTOCOL', `${where}: not a reply to PING: ${quote(text)}`)
    },
  }
}

function isLoss(error: unknown): boolean {
  return error instanceof ClamdError && error.code === 'UNREACHABLE'
}
