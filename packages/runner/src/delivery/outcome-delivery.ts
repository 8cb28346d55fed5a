/**
 * Does what the outcomes of a judged message say: it is delivered, quarantined, or refused, for each group of recipients.
 *
 * LMTP has a reply for each recipient (RFC 2033), so that groups do not depend on each other. pipe(8) takes one exit status
 * for all recipients, and SMTP has one reply: then a group that cannot have its own answer must not lose its mail, and must
 * not cause others to get theirs twice. docs/verdicts.md has the rules, "Several recipients".
 */
import type { Outcome } from '../chain/outcome.js'
import type { RecipientGroup } from '../chain/recipient-group.js'
import { type Delivery, planDeliveries } from './delivery.js'

/** The words of one actions. `A` is what upstream hears. */
export interface OutcomeActions<A> {
  /** Hands the message to the next hop. `taken`: the next hop has it. Throws for a failure that is not about the message. */
  deliver(delivery: Delivery): Promise<{ readonly taken: boolean; readonly answer: A }>
  /** Keeps the message in the quarantine. Throws when it cannot, or when upstream is gone. */
  quarantine(group: RecipientGroup): Promise<A>
  /** The answer to an outcome after which there is nothing to do. */
  answer(outcome: Outcome): A
  /** Something broke: a line for the log, and what upstream hears. */
  fail(error: unknown): A
  /** One line for the log. */
  judged(group: RecipientGroup, answer: A): void
}

/** What some recipients of a message are answered. */
export interface RecipientAnswer<A> {
  /** Where they stand among the recipients of the message, from 0. */
  readonly positions: readonly number[]
  readonly answer: A
}

/** Does for each group by itself what its outcome says. Yields each answer as soon as it is known, and one for each recipient. */
export async function* deliverEach<A>(
  groups: readonly RecipientGroup[],
  actions: OutcomeActions<A>,
): AsyncGenerator<RecipientAnswer<A>, void, void> {
  // What can be answered at once comes first: a next hop may take its time.
  for (const group of groups.filter(({ outcome }) => outcome.action !== 'accept')) {
    const answer = await stop(group, actions).catch(actions.fail)
    actions.judged(group, answer)
    yield { positions: group.positions, answer }
  }
  for (const delivery of await planDeliveries(groups)) {
    const answer = await actions.deliver(delivery).then((handed) => handed.answer, actions.fail)
    for (const group of delivery.groups) actions.judged(group, answer)
    yield { positions: delivery.positions, answer }
  }
}

/**
 * Does what the outcomes of all groups say, where there is one answer for all. A deferral of one group defers the message for
 * all, and nothing else is done. A refusal is the answer when every group is refused; when only some are, their message goes
 * into the quarantine. So does the message of recipients for whom the next hop refuses it after it has taken it for others.
 * Returns the answers that make up the one, the decisive one last. Throws when nothing was delivered and the answer is not known.
 */
export async function deliverTogether<A>(
  groups: readonly RecipientGroup[],
  actions: OutcomeActions<A>,
): Promise<readonly A[]> {
  const decisive = groups.find(({ outcome }) => outcome.action === 'defer') ?? unanimous(groups)
  if (decisive !== undefined) {
    const answer = actions.answer(decisive.outcome)
    for (const group of groups) actions.judged(group, answer)
    return [answer]
  }
  const answers: A[] = []
  const record = (group: RecipientGroup, answer: A): void => {
    actions.judged(group, answer)
    answers.push(answer)
  }
  for (const group of groups.filter(({ outcome }) => outcome.action !== 'accept')) {
    record(group, await (group.outcome.action === 'refuse' ? actions.quarantine(group) : stop(group, actions)))
  }
  let taken = false
  for (const delivery of await planDeliveries(groups)) {
    const handed = await actions.deliver(delivery).catch((error: unknown) => {
      if (!taken) throw error
      return { taken: false, answer: actions.fail(error) }
    })
    if (!handed.taken && taken) {
      for (const group of delivery.groups) record(group, await actions.quarantine(leftBehind(group)))
      continue
    }
    for (const group of delivery.groups) actions.judged(group, handed.answer)
    if (!handed.taken) return [handed.answer]
    taken = true
    answers.push(handed.answer)
  }
  return answers
}

async function stop<A>(group: RecipientGroup, actions: OutcomeActions<A>): Promise<A> {
  return group.outcome.action === 'quarantine' ? actions.quarantine(group) : actions.answer(group.outcome)
}

/** A group whose refusal is everybody's. */
function unanimous(groups: readonly RecipientGroup[]): RecipientGroup | undefined {
  return groups.every(({ outcome }) => outcome.action === 'refuse') ? groups[0] : undefined
}

/** RFC 3463 3.0: "other mail system status". */
function leftBehind(group: RecipientGroup): RecipientGroup {
  const text = 'the next hop took the message for other recipients and not for these'
  const reason = { filter: 'candy', text, status: [3, 0] } as const
  return { ...group, outcome: { ...group.outcome, action: 'quarantine', reason } }
}
