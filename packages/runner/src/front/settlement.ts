/**
 * What becomes of a judged message whose recipients may form several parties, and who hears of it.
 *
 * LMTP has an answer for each recipient (RFC 2033), so each party is settled by itself. pipe(8) hears one exit status for
 * all, and SMTP one reply: then a party that cannot have its answer must neither lose its mail nor have others get theirs
 * twice. docs/verdicts.md has the rules, "Several recipients".
 */
import type { Outcome } from '../chain/outcome.js'
import type { Party } from '../chain/party.js'
import { type Load, makeLoads } from './load.js'

/** The words of one front. `A` is what upstream hears. */
export interface Front<A> {
  /** Hands a load on. `taken`: the next hop has it. Throws for trouble that is not the message's. */
  deliver(load: Load): Promise<{ readonly taken: boolean; readonly answer: A }>
  /** Keeps the message in the quarantine. Throws when it cannot, or when upstream is gone. */
  quarantine(party: Party): Promise<A>
  /** The answer to an outcome after which there is nothing to do. */
  answer(outcome: Outcome): A
  /** Something broke: a line for the log, and what upstream hears. */
  fail(error: unknown): A
  /** One line for the log. */
  judged(party: Party, answer: A): void
}

/** Settles each party by itself. `hear` is called as soon as there is an answer for recipients, and once for each. */
export async function settleEach<A>(
  parties: readonly Party[],
  front: Front<A>,
  hear: (positions: readonly number[], answer: A) => Promise<void> | undefined,
): Promise<void> {
  // What can be answered at once comes first: a next hop may take its time.
  for (const party of parties.filter(({ outcome }) => outcome.action !== 'accept')) {
    const answer = await stop(party, front).catch(front.fail)
    front.judged(party, answer)
    await hear(party.positions, answer)
  }
  for (const load of await makeLoads(parties)) {
    const answer = await front.deliver(load).then((handed) => handed.answer, front.fail)
    for (const party of load.parties) front.judged(party, answer)
    await hear(load.positions, answer)
  }
}

/**
 * Settles all parties with one answer. A deferral counts before anything else, and then nothing has happened. A refusal
 * counts when it is everybody's; those who are refused while others are not are served by the quarantine instead. So are
 * those to whom the next hop does not take the message after it has taken it for others. Gives the answers that make up
 * the one, the weightiest last. Throws when nothing was handed on and the answer is not known.
 */
export async function settleTogether<A>(parties: readonly Party[], front: Front<A>): Promise<readonly A[]> {
  const decisive = parties.find(({ outcome }) => outcome.action === 'defer') ?? unanimous(parties)
  if (decisive !== undefined) {
    const answer = front.answer(decisive.outcome)
    for (const party of parties) front.judged(party, answer)
    return [answer]
  }
  const answers: A[] = []
  const settle = (party: Party, answer: A): void => {
    front.judged(party, answer)
    answers.push(answer)
  }
  for (const party of parties.filter(({ outcome }) => outcome.action !== 'accept')) {
    settle(party, await (party.outcome.action === 'refuse' ? front.quarantine(party) : stop(party, front)))
  }
  let taken = false
  for (const load of await makeLoads(parties)) {
    const handed = await front.deliver(load).catch((error: unknown) => {
      if (!taken) throw error
      return { taken: false, answer: front.fail(error) }
    })
    if (!handed.taken && taken) {
      for (const party of load.parties) settle(party, await front.quarantine(leftBehind(party)))
      continue
    }
    for (const party of load.parties) front.judged(party, handed.answer)
    if (!handed.taken) return [handed.answer]
    taken = true
    answers.push(handed.answer)
  }
  return answers
}

async function stop<A>(party: Party, front: Front<A>): Promise<A> {
  return party.outcome.action === 'quarantine' ? front.quarantine(party) : front.answer(party.outcome)
}

/** A party whose refusal is everybody's. */
function unanimous(parties: readonly Party[]): Party | undefined {
  return parties.every(({ outcome }) => outcome.action === 'refuse') ? parties[0] : undefined
}

/** RFC 3463 3.0: "other mail system status". */
function leftBehind(party: Party): Party {
  const text = 'the next hop took the message for other recipients and not for these'
  const reason = { filter: 'candy', text, status: [3, 0] } as const
  return { ...party, outcome: { ...party.outcome, action: 'quarantine', reason } }
}
