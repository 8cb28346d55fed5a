/**
 * Mode milter: Postfix keeps the message, and at its end asks candy what to do with it (MILTER_README). This file says what the
 * connections of one socket have in common.
 *
 * connection.ts serves one connection, which is one session of smtpd(8) with its client, or one message of sendmail(1). It has
 * message-intake.ts receive the message, below the Received that received-field.ts makes; transaction.ts knows the envelope. message.ts then has the
 * message judged and answers; header-changes.ts finds out which fields that answer changes. The protocol itself is in @candy/milter.
 */
import type { ServiceAddress } from '@candy/sdk/values'
import type { Chain } from '../chain/chain.js'
import type { History } from '../history/history.js'
import type { Log } from '../log/log.js'
import type { SpoolOptions } from '../message/spool.js'

export interface Milter {
  /** Milliseconds for judging a message, from its end. */
  readonly deadline: number
  /** Bytes of the longest packet that Postfix may send. */
  readonly packetLimit: number
  /**
   * The SMTP service that gets the message for recipients who are to get another one than the others. Absent where it is not known:
   * then such a message is deferred.
   */
  readonly nextHop?: ServiceAddress
  readonly chain: Chain
  readonly spool: SpoolOptions
  /** Directory of the quarantine. */
  readonly quarantine: string
  readonly log: Log
  readonly history: History
}
