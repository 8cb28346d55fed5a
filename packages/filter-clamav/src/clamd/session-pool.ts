/**
 * Keeps idle sessions for the next request, because a new connection costs about as much as the scan of a small message. A
 * session is kept for less time than clamd waits for the next command (CommandReadTimeout in clamd.conf(5)).
 */
import type { ServiceAddress } from '@candy/sdk/values'
import type { Session } from './session.js'

/** Milliseconds after which an idle session is closed. */
const IDLE_TIMEOUT = 2_000

/** The most sessions that are kept: by default, clamd scans so many messages at the same time (MaxThreads in clamd.conf(5)). */
const MAX_IDLE_SESSIONS = 10

export class SessionPool {
  readonly #idle = new Map<Session, NodeJS.Timeout>()

  /** Removes the last used session with this clamd from the pool and returns it. clamd may have closed it in the meantime. */
  acquire(address: ServiceAddress): Session | undefined {
    const session = [...this.#idle.keys()].findLast((idle) => idle.address === address && idle.usable)
    if (session === undefined) return undefined
    clearTimeout(this.#idle.get(session))
    this.#idle.delete(session)
    session.ref()
    return session
  }

  /** Keeps a session for the next request, or closes it when it cannot be used again or enough are kept. */
  release(session: Session): void {
    if (!session.usable || this.#idle.size >= MAX_IDLE_SESSIONS) {
      session.close()
      return
    }
    session.unref()
    const timer = setTimeout(() => {
      this.#idle.delete(session)
      session.close()
    }, IDLE_TIMEOUT)
    this.#idle.set(session, timer.unref())
  }
}
