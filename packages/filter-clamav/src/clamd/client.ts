/**
 * A client of one or more clamds, each of which can scan any message. A request goes to the first clamd that answers; a clamd
 * that failed in the last 30 seconds is asked after the others. Sessions are kept for the next request. That clamd has closed
 * such a session, for example because it was restarted, does not count as its failure: the client sends the request again over
 * a new connection.
 */
import { Failover, FailoverError, type FailureKind, isStarting, type ServerFailure } from '@candy/sdk/failover'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { openConnection } from './connection.js'
import { ClamdError } from './error.js'
import { isRefusal, parseReply, quote, type Reply } from './reply.js'
import { type Batch, command, instream } from './request.js'
import { type Answer, Session } from './session.js'
import { SessionPool } from './session-pool.js'
import { type ClamdVersion, parseVersion } from './version.js'

export interface ClamdClientOptions {
  /** At least one address. The clamds are asked in this order. */
  readonly addresses: readonly ServiceAddress[]
  /** For how many milliseconds the client goes on asking a clamd that does not accept connections yet; 0 when absent. */
  readonly wait?: number
  /** Called when a clamd has answered, once for each clamd that was asked before it and failed. */
  readonly passedOver?: (failure: ServerFailure) => void
}

/** The result of a scan, and the address of the clamd that scanned. Any other reply is thrown as an error. */
export type ClamdScanResult = Extract<Reply, { kind: 'clean' | 'found' | 'unscannable' }> & {
  readonly address: ServiceAddress
}

/** Keeps connections open for two seconds after a call. They do not keep the process alive, so there is no method to close them. */
export interface ClamdClient {
  /**
   * Has clamd scan the bytes. The client calls `open` again when it lost the connection to one clamd and asks another. It sends
   * the bytes at most once over a new connection to each clamd; sessions that clamd had closed do not count.
   *
   * Throws a ClamdError unless the answer is clear, the signal's reason when the signal aborts, or the error of `open`.
   */
  scan(open: () => AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ClamdScanResult>
  /**
   * The version of the clamd at `address`, or, without `address`, of the first one that answers; undefined when its
   * administrator has disabled VERSION. Throws a ClamdError.
   */
  version(signal?: AbortSignal, address?: ServiceAddress): Promise<ClamdVersion | undefined>
  /** Throws a ClamdError unless a clamd answers PONG. */
  ping(signal?: AbortSignal): Promise<void>
}

type AddressedAnswer = Answer & { readonly address: ServiceAddress; readonly where: string }

export function createClamdClient({ addresses, wait = 0, passedOver }: ClamdClientOptions): ClamdClient {
  const sessions = new SessionPool()
  const all = new Failover({ addresses, wait, classify })

  async function ask(
    request: () => AsyncIterable<Batch>,
    signal: AbortSignal | undefined,
    servers: Failover = all,
  ): Promise<AddressedAnswer> {
    try {
      return await servers.ask((address) => askOne(address, request, signal), { signal, passedOver })
    } catch (error) {
      if (!(error instanceof FailoverError)) throw error
      throw new ClamdError('UNREACHABLE', error.message, { cause: error })
    }
  }

  async function askOne(
    address: ServiceAddress,
    request: () => AsyncIterable<Batch>,
    signal: AbortSignal | undefined,
  ): Promise<AddressedAnswer> {
    const idle = sessions.acquire(address)
    if (idle !== undefined) {
      try {
        return await askOver(idle, request, signal)
      } catch (error) {
        // clamd may have closed the session before this request: only a new connection shows whether clamd runs.
        if (!isUnreachable(error)) throw error
      }
    }
    return await askOver(new Session(await openConnection(address, signal)), request, signal)
  }

  async function askOver(
    session: Session,
    request: () => AsyncIterable<Batch>,
    signal: AbortSignal | undefined,
  ): Promise<AddressedAnswer> {
    const answer = await session.ask(request(), signal)
    sessions.release(session)
    return { ...answer, address: session.address, where: printAddress(session.address) }
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
      const servers = address && new Failover({ addresses: [address], wait, classify })
      const { text, where } = await ask(() => command('VERSION'), signal, servers)
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

/** A reply that is not clear (`PROTOCOL`) is final: the operator must see it, so no other clamd is asked. */
function classify(error: unknown): FailureKind {
  if (!isUnreachable(error)) return 'final'
  return isStarting(error) ? 'starting' : 'failed'
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ClamdError && error.code === 'UNREACHABLE'
}
