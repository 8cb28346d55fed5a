/**
 * Connections to the next hop that a session has left in good order, kept for the next session for a moment: greeting a
 * new smtpd(8) costs more than a small message. Only for a moment, so that a next hop that reloads is not held up, as
 * Postfix itself does it (connection_cache_ttl_limit and connection_reuse_time_limit in postconf(5)).
 */
import type { SmtpClient } from '../smtp/client.js'
import type { Extensions } from '../smtp/ehlo.js'

/** Milliseconds that a connection may lie idle, and that it may live. */
const IDLE = 2_000
const LIFE = 60_000

/** Connections that may lie idle; each holds a process of the next hop. */
const MOST = 20

/** A connection that has pooled. */
export interface PooledConnection {
  readonly client: SmtpClient
  /** What we called ourselves. */
  readonly name: string
  readonly extensions: Extensions
  /** When it was made: milliseconds of `performance.now()`. */
  readonly born: number
}

export class ConnectionPool {
  readonly #idle = new Map<PooledConnection, NodeJS.Timeout>()

  get size(): number {
    return this.#idle.size
  }

  /** A connection that pooled under this name. The caller owns it; it may fail at the first word, as any that was idle. */
  acquire(name: string): PooledConnection | undefined {
    for (const [pooled, timer] of this.#idle) {
      if (pooled.name !== name) continue
      clearTimeout(timer)
      this.#idle.delete(pooled)
      if (pooled.client.usable) return pooled
      pooled.client.close()
    }
    return undefined
  }

  /** Takes over a connection that has no transaction under way. */
  release(pooled: PooledConnection): void {
    if (!pooled.client.usable || this.#idle.size >= MOST || performance.now() - pooled.born > LIFE) {
      pooled.client.close()
      return
    }
    const timer = setTimeout(() => {
      this.#idle.delete(pooled)
      pooled.client.close()
    }, IDLE)
    this.#idle.set(pooled, timer.unref())
  }

  /** Ends all that lie idle. */
  close(): void {
    for (const [{ client }, timer] of this.#idle) {
      clearTimeout(timer)
      client.close()
    }
    this.#idle.clear()
  }
}
