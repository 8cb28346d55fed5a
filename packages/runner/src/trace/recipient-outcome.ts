/** Finds out what was done with a message for each of its recipients, as far as the log shows it. */
import type { Judgement } from './candy-line.js'
import { quarantinedAs } from './hand-over.js'
import { isPassedOn, type Lineage } from './lineage.js'
import type { Delivery } from './postfix-line.js'
import { isAbandoned } from './queue-entry.js'

export interface RecipientOutcome {
  readonly recipient: string
  /** `queued`: nothing is known yet. */
  readonly outcome:
    | 'queued'
    | 'delivered'
    | 'deferred'
    | 'bounced'
    | 'expired'
    | 'quarantined'
    | 'discarded'
    | 'refused'
    | 'deleted'
  /** The last reply of the server or the mailbox that was to take it. */
  readonly text?: string
}

/** In the order in which recipients are first named. */
export function recipientOutcomesOf(lineage: Lineage, judgements: readonly Judgement[]): readonly RecipientOutcome[] {
  const outcomes = new Map<string, RecipientOutcome>()
  const last = lineage.findLast((entry) => !isAbandoned(entry))
  for (const entry of lineage) {
    for (const { program, event } of entry.records) {
      if (event.kind === 'delivery') settle(outcomes, event, isPassedOn(event, entry, lineage, judgements), judgements)
      if (event.kind === 'expired') end(outcomes, 'expired')
      if (event.kind === 'removed' && program.endsWith('/postsuper') && entry === last) end(outcomes, 'deleted')
    }
  }
  for (const [recipient, { action, answer }] of lastJudgements(judgements)) {
    const outcome = OUTCOMES[action]
    // In the modes in which the client waits, Postfix delivers nothing to those for whom candy has stopped the message.
    if (outcome !== undefined && !outcomes.has(recipient)) outcomes.set(recipient, { recipient, outcome, text: answer })
  }
  return [...outcomes.values()]
}

function lastJudgements(judgements: readonly Judgement[]): ReadonlyMap<string, Judgement> {
  return new Map(
    judgements.flatMap((judgement) => judgement.recipients.map((recipient) => [recipient, judgement] as const)),
  )
}

/** candy's actions for which nothing is queued. */
const OUTCOMES: Readonly<Record<string, RecipientOutcome['outcome']>> = {
  refuse: 'refused',
  defer: 'deferred',
  quarantine: 'quarantined',
  discard: 'discarded',
}

const STATUS: Readonly<Record<string, RecipientOutcome['outcome']>> = {
  sent: 'delivered',
  deferred: 'deferred',
  bounced: 'bounced',
  expired: 'expired',
}

function settle(
  outcomes: Map<string, RecipientOutcome>,
  event: Delivery,
  passedOn: boolean,
  judgements: readonly Judgement[],
): void {
  const { recipient, original, status, text } = event
  const outcome = passedOn ? stoppedBy(event, judgements) : (STATUS[status] ?? 'queued')
  // A message for an alias is delivered to the members of the alias, and not to the alias itself.
  if (original !== undefined && outcomes.get(original)?.outcome === 'queued') outcomes.delete(original)
  outcomes.set(recipient, { recipient, outcome, text })
}

/** What candy has done in place of passing the message on. */
function stoppedBy(event: Delivery, judgements: readonly Judgement[]): RecipientOutcome['outcome'] {
  if (quarantinedAs(event) !== undefined) return 'quarantined'
  const said = judgements.find(({ answer }) => answer === event.text)
  const outcome = said === undefined ? undefined : OUTCOMES[said.action]
  return (
    outcome ??
    (/^250 2\.0\.0 discarded by |^delivered via \S+ service \(discarded by /.test(event.text) ? 'discarded' : 'queued')
  )
}

function end(outcomes: Map<string, RecipientOutcome>, outcome: 'expired' | 'deleted'): void {
  for (const [recipient, one] of outcomes) {
    if (one.outcome === 'deferred' || one.outcome === 'queued') outcomes.set(recipient, { ...one, outcome })
  }
}
