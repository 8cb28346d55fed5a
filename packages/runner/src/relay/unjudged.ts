/** Writes into the history what became of mail that never came to the filters. */
import { type UnjudgedMessage, unjudgedRecordOf } from '../delivery/judged-record.js'
import type { Transaction } from '../delivery/next-hop-transaction.js'
import { parseXforward } from '../smtp/xforward.js'
import type { Relay } from './relay.js'

/** `transaction` is absent where none had begun. */
export function recordUnjudged(
  { mode, history }: Relay,
  transaction: Transaction | undefined,
  what: Pick<UnjudgedMessage, 'recipients' | 'reason' | 'refused'>,
): void {
  const id = transaction && parseXforward(transaction.xforward).get('IDENT')
  history.write(unjudgedRecordOf({ id, mode, receivedAt: performance.now(), ...what }))
}
