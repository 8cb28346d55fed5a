/**
 * The relay between two Postfix services, after the queue (FILTER_README, "advanced content filter") or before it
 * (SMTPD_PROXY_README): what one place where mail comes in has to know. Sessions share it and change nothing in it.
 */

import type { ServiceAddress } from '@candy/sdk/values'
import type { Chain } from '../chain/chain.js'
import type { Log } from '../log/log.js'
import type { CleanupSettings } from '../message/cleanup.js'
import type { SpoolOptions } from '../message/spool.js'
import type { ConnectionPool } from './connection-pool.js'

/** Durations are milliseconds. */
export interface Relay {
  /** What is spoken upstream: LMTP answers for each recipient (RFC 2033), SMTP for all of them. */
  readonly protocol: 'lmtp' | 'smtp'
  /** Whether Postfix has taken the message into its queue: then a refusal is a bounce, and before it is not. */
  readonly queue: 'after' | 'before'
  /** Where messages go on, over SMTP. */
  readonly nextHop: ServiceAddress
  /** Where sessions leave connections to the next hop for each other. Without it each makes its own. */
  readonly pool?: ConnectionPool
  /** For judging a message and handing it on, from the end of its data. Shorter than Postfix waits for the answer. */
  readonly deadline: number
  /** For one reply of the next hop to anything but a message. */
  readonly replyTimeout: number
  /** For the client to say something. */
  readonly idle: number
  readonly chain: Chain
  readonly spool: SpoolOptions
  /** What cleanup(8) does to a message: before the queue it comes after us. */
  readonly cleanup: CleanupSettings
  /** Directory of the quarantine. */
  readonly quarantine: string
  readonly log: Log
}

/** What the relay calls itself, in greetings. Not a host's name: Postfix would take its own for a mail loop. */
export const RELAY_NAME = 'candy'
