/** One way for mail to take, from an SMTP client to the next hop, to be measured beside others. */
import type { Clamd } from '../test/kit/clamd.js'
import type { Spamd } from '../test/kit/spamd.js'
import type { TestBed } from '../test/kit/test-bed.js'

export const NO_FILTER = 'no filter'
export const AFTER_LIMIT = "smtp limit: Postfix's smtp client into a second smtpd"
export const SHELL = "pipe: FILTER_README's shell script"
export const BEFORE_LIMIT = 'smtp-before limit: smtpd_proxy_filter into a second smtpd'

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
  /** The Debian package that it needs, beside those of the tests. */
  readonly debian?: string
  start(daemons: Daemons): Promise<Track>
}

/** A lane that mail can take. */
export interface Track {
  readonly testBed: TestBed
  /** The resident processes that filter, not what they have started; none where there is no such process. */
  readonly filters: readonly number[]
  /** The service of master.cf that brings mail to the filter after the queue, where its number of processes may grow. */
  readonly transport?: string
  stop(): Promise<void>
}

/** Without a resident filter. */
export function bare(testBed: TestBed): Track {
  return { testBed, filters: [], stop: testBed.stop }
}

/** For every Postfix: room for the largest message that is sent; by default it takes a little less. */
export const main = { message_size_limit: '20480000' } as const
