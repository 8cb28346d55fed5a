/**
 * Connections to the next hop that a session has left in good order, kept for the next session for two seconds: greeting a
 * new smtpd(8) costs more than a small message. Not longer, so that a next hop that reloads need not wait for them; Postfix
 * itself does the same (connection_cache_ttl_limit and connection_reuse_time_limit in postconf(5)).
 */
import type { SmtpClient } from '../smtp/client.js'
import type { Extensions } from '../smtp/ehlo.js'

/** Milliseconds that a connection may be idle. */
const IDLE_LIMIT = 2_000

/** Milliseconds after connecting when a connection is no longer reused. */
const REUSE_LIMIT = 60_000

/** Idle connections at a time; each holds a process of the next hop. */
const MAX_IDLE = 20

/** A connection on which EHLO was answered. */
export interface PooledConnection {
  readonly client: SmtpClient
  /** The name in EHLO. */
  readonly name: string
  readonly extensions: Extensions
  /** Milliseconds of `performance.now()`. */
  readonly connectedAt: number
}

export class ConnectionPool {
  readonly #idle = new Map<PooledConnection, NodeJS.Timeout>()

  /** How many connections are idle. */
  get size(): number {
    return this.#idle.size
  }

  /** A connection that greeted under this name. The caller owns it; as any idle connection, it may fail at the first command. */
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

  /** Keeps a connection that has no transaction under way, or closes it. */
  release(pooled: PooledConnection): void {
    const isOld = performance.now() - pooled.connectedAt > REUSE_LIMIT
    if (!pooled.client.usable || this.#idle.size >= MAX_IDLE || isOld) {
      pooled.client.close()
      return
    }
    const timer = setTimeout(() => {
      this.#idle.delete(pooled)
      pooled.client.close()
    }, IDLE_LIMIT)
    this.#idle.set(pooled, timer.unref())
  }

  /** Closes all idle connections. */
  close(): void {
    for (const [{ client }, timer] of this.#idle) {
      clearTimeout(timer)
      client.close()
    }
    this.#idle.clear()
  }
}
