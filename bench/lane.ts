/** One way for mail to take, from an SMTP client to the next hop, to be measured beside others. */
import type { Clamd } from '../test/ground/clamd.js'
import type { Ground } from '../test/ground/ground.js'
import type { Spamd } from '../test/ground/spamd.js'

/** One of each for all lanes. */
export interface Daemons {
  readonly clamd: Clamd
  readonly spamd: Spamd
}

export interface Lane {
  readonly name: string
  /** `limit`: what no filter in that place can beat. */
  readonly kind: 'limit' | 'candy' | 'rival'
  /** The lane that it is compared with; its own name where there is nothing. */
  readonly against: string
  /** Debian packages, beside those of the tests. */
  readonly packages?: readonly string[]
  start(daemons: Daemons): Promise<Track>
}

/** A lane that mail can take. */
export interface Track {
  readonly ground: Ground
  /** The resident processes that filter, not what they have started; none where there is no such process. */
  readonly filters: readonly number[]
  /** The service of master.cf that brings mail to the filter after the queue, where its number of processes may grow. */
  readonly transport?: string
  stop(): Promise<void>
}
