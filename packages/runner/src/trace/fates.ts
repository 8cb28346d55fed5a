/** What has become of a message for each of its recipients, as far as the log goes. */
import type { Judgement } from './candy-line.js'
import { quarantinedAs } from './hand-over.js'
import { isPassedOn, type Lineage } from './lineage.js'
import type { Delivery } from './postfix-line.js'
import { isAbandoned } from './queue-entry.js'

export interface Fate {
  readonly recipient: string
  /** `queued`: nothing is known yet. */
  readonly became:
    | 'queued'
    | 'delivered'
    | 'deferred'
    | 'bounced'
    | 'expired'
    | 'quarantined'
    | 'discarded'
    | 'refused'
    | 'deleted'
  /** What the last one said who was asked to take it. */
  readonly text?: string
}

/** In the order in which recipients are first named. */
export function fatesOf(lineage: Lineage, judgements: readonly Judgement[]): readonly Fate[] {
  const fates = new Map<string, Fate>()
  const last = lineage.findLast((entry) => !isAbandoned(entry))
  for (const entry of lineage) {
    for (const { program, event } of entry.records) {
      if (event.kind === 'delivery') settle(fates, event, isPassedOn(event, entry, lineage), judgements)
      if (event.kind === 'expired') end(fates, 'expired')
      if (event.kind === 'removed' && program.endsWith('/postsuper') && entry === last) end(fates, 'deleted')
    }
  }
  if (fates.size > 0 || last !== undefined) return [...fates.values()]
  for (const { action, answer, recipients } of judgements) {
    const became = BECAME[action]
    if (became === undefined) continue
    for (const recipient of recipients) fates.set(recipient, { recipient, became, text: answer })
  }
  return [...fates.values()]
}

/** candy's actions for which nothing is queued. */
const BECAME: Readonly<Record<string, Fate['became']>> = {
  refuse: 'refused',
  defer: 'deferred',
  quarantine: 'quarantined',
  discard: 'discarded',
}

const STATUS: Readonly<Record<string, Fate['became']>> = {
  sent: 'delivered',
  deferred: 'deferred',
  bounced: 'bounced',
  expired: 'expired',
}

function settle(fates: Map<string, Fate>, event: Delivery, passedOn: boolean, judgements: readonly Judgement[]): void {
  const { recipient, original, status, text } = event
  const became = passedOn ? stoppedBy(event, judgements) : (STATUS[status] ?? 'queued')
  // What came in for an alias goes out for those behind it.
  if (original !== undefined && fates.get(original)?.became === 'queued') fates.delete(original)
  fates.set(recipient, { recipient, became, text })
}

/** What candy has done in place of passing the message on. */
function stoppedBy(event: Delivery, judgements: readonly Judgement[]): Fate['became'] {
  if (quarantinedAs(event) !== undefined) return 'quarantined'
  const said = judgements.find(({ answer }) => answer === event.text)
  const became = said === undefined ? undefined : BECAME[said.action]
  return (
    became ??
    (/^250 2\.0\.0 discarded by |^delivered via \S+ service \(discarded by /.test(event.text) ? 'discarded' : 'queued')
  )
}

function end(fates: Map<string, Fate>, became: 'expired' | 'deleted'): void {
  for (const [recipient, fate] of fates) {
    if (fate.became === 'deferred' || fate.became === 'queued') fates.set(recipient, { ...fate, became })
  }
}
