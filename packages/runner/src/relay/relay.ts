/**
 * The relay between two Postfix services, after the queue (FILTER_README, "advanced content filter") or before it
 * (SMTPD_PROXY_README): what the sessions of one socket have in common. session.ts serves one connection, from its first
 * command to its last; message.ts does what comes between DATA and the replies to the message.
 */
import type { ServiceAddress } from '@candy/sdk/values'
import type { Chain } from '../chain/chain.js'
import type { ConnectionPool } from '../delivery/connection-pool.js'
import type { History } from '../history/history.js'
import type { Log } from '../log/log.js'
import type { CleanupSettings } from '../message/cleanup.js'
import type { SpoolOptions } from '../message/spool.js'
import type { SmtpMode } from '../postfix/mode.js'

/** Durations are milliseconds. */
export interface Relay {
  /** In `smtp-before` Postfix has not queued the message yet: a refusal is no bounce, and cleanup(8) is still to come. */
  readonly mode: SmtpMode
  /** The protocol of the sessions: LMTP has a reply for each recipient (RFC 2033), SMTP one for all of them. */
  readonly protocol: 'lmtp' | 'smtp'
  /** The SMTP service that messages are sent to. */
  readonly nextHop: ServiceAddress
  /** Connections to the next hop that sessions share. Without a pool each session makes its own. */
  readonly pool?: ConnectionPool
  /** For judging and delivering a message, from the end of its data. Shorter than Postfix waits for the reply. */
  readonly deadline: number
  /** For a reply of the next hop to anything but a message. */
  readonly replyTimeout: number
  /** For the next command of the client. */
  readonly idle: number
  readonly chain: Chain
  readonly spool: SpoolOptions
  /** What cleanup(8) does to a message: before the queue the message comes to it after candy. */
  readonly cleanup: CleanupSettings
  /** Directory of the quarantine. */
  readonly quarantine: string
  readonly log: Log
  readonly history: History
}

/** The relay's name in greetings. Not the host's name, which Postfix would take for a mail loop. */
export const RELAY_NAME = 'candy'
