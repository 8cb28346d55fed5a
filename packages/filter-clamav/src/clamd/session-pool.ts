/**
 * Sessions that have done what they were asked for, kept for the next request for a moment: a new connection costs about as
 * much as the scan of a small message. Only for a moment, so that clamd closes none of them first (CommandReadTimeout in
 * clamd.conf(5)).
 */
import type { ServiceAddress } from '@candy/sdk/values'
import type { Session } from './session.js'

/** Milliseconds that a session may lie idle. */
const IDLE = 2_000

/** Sessions that may lie idle; clamd scans so many messages at the same time (MaxThreads in clamd.conf(5)). */
const MOST = 10

export class SessionPool {
  readonly #idle = new Map<Session, NodeJS.Timeout>()

  /** The session with this clamd that was used last. The caller owns it; it may be stale. */
  take(address: ServiceAddress | undefined): Session | undefined {
    const session = [...this.#idle.keys()].findLast((idle) => idle.address === address && idle.usable)
    if (session === undefined) return undefined
    clearTimeout(this.#idle.get(session))
    this.#idle.delete(session)
    session.rouse()
    return session
  }

  /** Takes over a session that no request is under way on. */
  give(session: Session): void {
    if (!session.usable || this.#idle.size >= MOST) {
      session.close()
      return
    }
    session.rest()
    const timer = setTimeout(() => {
      this.#idle.delete(session)
      session.close()
    }, IDLE)
    this.#idle.set(session, timer.unref())
  }
}
