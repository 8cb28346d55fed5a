/**
 * Does what the outcomes of a judged message say: it is delivered, quarantined, refused, deferred or discarded, for each
 * group of recipients.
 *
 * LMTP has a reply for each recipient (RFC 2033), so that groups do not depend on each other. pipe(8) takes one exit status
 * for all recipients, and SMTP has one reply: then a group that cannot have its own answer must not lose its mail, and must
 * not cause others to get theirs twice. docs/verdicts.md has the rules, "Several recipients".
 */
import type { AcceptedOutcome, StoppedOutcome } from '../chain/outcome.js'
import type { RecipientGroup } from '../chain/recipient-group.js'
import type { MessageContent } from '../message/content.js'
import { headersWithin } from '../message/header-block.js'

/** What a mode does with outcomes. `A` is the answer that Postfix gets. */
export interface OutcomeActions<A> {
  /** Hands the message to the next hop. Throws for a failure that is not about the message. */
  deliver(delivery: Delivery): Promise<{ readonly delivered: boolean; readonly answer: A }>
  /** Keeps the message in the quarantine. Throws when it cannot, or when whoever sent the message is gone. */
  quarantine(group: RecipientGroup<StoppedOutcome>): Promise<A>
  /** The answer to an outcome after which nothing is left to do. */
  answer(outcome: StoppedOutcome): A
  /** Logs what failed, and returns the answer. */
  fail(error: unknown): A
  /** Writes the group's line to the log. */
  log(group: RecipientGroup, answer: A): void
}

/** The answer to some recipients of a message. */
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
  for (const group of groups.filter(isStopped)) {
    const answer = await stop(group, actions).catch(actions.fail)
    actions.log(group, answer)
    yield { positions: group.positions, answer }
  }
  for (const delivery of await planDeliveries(groups)) {
    const answer = await actions.deliver(delivery).then((result) => result.answer, actions.fail)
    for (const group of delivery.groups) actions.log(group, answer)
    yield { positions: delivery.positions, answer }
  }
}

/**
 * Does what the outcomes of all groups say, where there is one answer for all. A deferral of one group defers the message for
 * all, and nothing else is done. A refusal is the answer when every group is refused; when only some are, their message goes
 * into the quarantine. So does the message of recipients for whom the next hop refuses it after it has taken it for others.
 * Returns the answers that make up the one, the decisive one last.
 */
export async function deliverTogether<A>(
  groups: readonly RecipientGroup[],
  actions: OutcomeActions<A>,
): Promise<readonly A[]> {
  const unlogged = new Map(groups.map((group) => [group.positions, group]))
  const log = (group: RecipientGroup, answer: A): void => {
    unlogged.delete(group.positions)
    actions.log(group, answer)
  }
  const answers = await deliverAll(groups, { ...actions, log }).catch((error: unknown) => [actions.fail(error)])
  // Groups that nothing was done for, because the answer was known before.
  for (const group of unlogged.values()) for (const answer of answers.slice(-1)) actions.log(group, answer)
  return answers
}

/** Throws when nothing was delivered and the answer is not known. */
async function deliverAll<A>(groups: readonly RecipientGroup[], actions: OutcomeActions<A>): Promise<readonly A[]> {
  const stopped = groups.filter(isStopped)
  const decisive = stopped.find(({ outcome }) => outcome.action === 'defer') ?? commonRefusal(groups, stopped)
  if (decisive !== undefined) {
    return [actions.answer(decisive.outcome)]
  }
  const answers: A[] = []
  const add = (group: RecipientGroup, answer: A): void => {
    actions.log(group, answer)
    answers.push(answer)
  }
  for (const group of stopped) {
    add(group, await (group.outcome.action === 'refuse' ? actions.quarantine(group) : stop(group, actions)))
  }
  let delivered = false
  for (const delivery of await planDeliveries(groups)) {
    const result = await actions.deliver(delivery).catch((error: unknown) => {
      if (!delivered) throw error
      return { delivered: false, answer: actions.fail(error) }
    })
    if (!result.delivered && delivered) {
      for (const group of delivery.groups.map(notDelivered)) add(group, await actions.quarantine(group))
      continue
    }
    for (const group of delivery.groups) actions.log(group, result.answer)
    if (!result.delivered) return [result.answer]
    delivered = true
    answers.push(result.answer)
  }
  return answers
}

/** One transaction with the next hop: the same bytes, for the groups that get them. */
export interface Delivery {
  readonly content: MessageContent
  readonly groups: readonly RecipientGroup<AcceptedOutcome>[]
  /** Where the recipients stand among those of the message, in order. */
  readonly positions: readonly number[]
}

/** The deliveries of the groups whose message goes on, in the order of the first recipient of each. */
export async function planDeliveries(groups: readonly RecipientGroup[]): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = []
  for (const group of groups.filter(isAccepted)) {
    const index = await findSameBytes(deliveries, group.outcome)
    const { content, groups: others } = deliveries[index] ?? { content: group.outcome.content, groups: [] }
    const together = [...others, group]
    const positions = together.flatMap(({ positions }) => positions).toSorted((a, b) => a - b)
    deliveries[index] = { content, groups: together, positions }
  }
  return deliveries
}

/** New content is not compared. Without any, the bodies are the same, and equal header blocks mean equal messages. */
async function findSameBytes(deliveries: readonly Delivery[], outcome: AcceptedOutcome): Promise<number> {
  if (outcome.rewritten) return deliveries.length
  for (const [index, { groups, content }] of deliveries.entries()) {
    if (groups.some((other) => other.outcome.rewritten)) continue
    if (content === outcome.content || (await haveSameHeader(content, outcome.content))) return index
  }
  return deliveries.length
}

/** Headers that are too large to be held are not compared. */
async function haveSameHeader(one: MessageContent, other: MessageContent): Promise<boolean> {
  const [first, second] = [await headersWithin(one), await headersWithin(other)]
  return first !== undefined && second !== undefined && Buffer.compare(first, second) === 0
}

function isAccepted(group: RecipientGroup): group is RecipientGroup<AcceptedOutcome> {
  return group.outcome.action === 'accept'
}

function isStopped(group: RecipientGroup): group is RecipientGroup<StoppedOutcome> {
  return group.outcome.action !== 'accept'
}

async function stop<A>(group: RecipientGroup<StoppedOutcome>, actions: OutcomeActions<A>): Promise<A> {
  return group.outcome.action === 'quarantine' ? actions.quarantine(group) : actions.answer(group.outcome)
}

/** The first group when every group is refused. */
function commonRefusal(
  groups: readonly RecipientGroup[],
  stopped: readonly RecipientGroup<StoppedOutcome>[],
): RecipientGroup<StoppedOutcome> | undefined {
  return groups.every(({ outcome }) => outcome.action === 'refuse') ? stopped[0] : undefined
}

/** RFC 3463 3.0: "other mail system status". */
function notDelivered(group: RecipientGroup<AcceptedOutcome>): RecipientGroup<StoppedOutcome> {
  const text = 'the next hop took the message for other recipients and not for these'
  const reason = { filter: 'candy', text, status: [3, 0] } as const
  return { ...group, outcome: { ...group.outcome, action: 'quarantine', reason } }
}
