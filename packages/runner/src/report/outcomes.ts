/** The outcomes of messages in the words of the report, in the order in which it shows them. */
import type { Summary } from '../history/counts.js'
import type { HistoryRecord } from '../history/record.js'

type Action = HistoryRecord['action']

export const OUTCOMES: readonly (readonly [action: Action, word: string])[] = [
  ['accept', 'accepted'],
  ['refuse', 'refused'],
  ['quarantine', 'quarantined'],
  ['discard', 'discarded'],
  ['defer', 'deferred'],
]

/** All but the accepted ones. */
export const STOPPED: readonly (readonly [action: Action, word: string])[] = OUTCOMES.slice(1)

/** How many messages had this outcome. */
export function countOf({ actions }: Pick<Summary, 'actions'>, action: Action): number {
  return actions[action] ?? 0
}
