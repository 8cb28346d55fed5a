/**
 * The filters of `filters.d` in order, over one message. Neighbours that do not rewrite run at the same time, and the
 * result is what running them one after another would give: the first filter in order that does not accept decides,
 * whatever finished first; the others are aborted.
 *
 * Before any filter sees the message, the fields that the filters declare as theirs are taken out of it, and the runner's own: what
 * is there afterwards was written here, whatever becomes of the verdicts.
 *
 * Where a drop-in sets recipients apart, each group has a run of its own: what one of them gets is what it would get if
 * the message were for it alone.
 */
import { CandyError, type Envelope, type HeaderEdit, removeHeader } from '@candy/sdk'
import type { Content } from '../message/content.js'
import { editContent } from '../message/edited.js'
import type { Spool } from '../message/spool.js'
import { Deadline } from './deadline.js'
import { type Decision, decide, reportOf, STATUS_FIELD } from './decision.js'
import { type FilterGroup, groupFilters } from './filter-group.js'
import { type FilterResult, type JudgeOptions, judge, type Subject } from './judge.js'
import type { Outcome, Reason, Report } from './outcome.js'
import type { ReadyFilter } from './ready-filter.js'
import { groupRecipients, type RecipientGroup } from './recipient-group.js'

/** What one message's way through the chain has gathered so far. */
interface ChainState {
  /** As it came in: what a quarantine keeps, and a log line tells of. */
  readonly subject: Subject
  readonly edits: HeaderEdit[]
  readonly reports: Report[]
  readonly spools: Spool[]
  /** The message as the next group receives it. */
  content: Content
}

interface Asked {
  readonly result: FilterResult
  readonly milliseconds: number
}

/** Recipient groups of one message that are judged at the same time: a scanner has other mail to look at, too. */
const AT_ONCE = 4

export class Chain {
  readonly #filters: readonly ReadyFilter[]
  readonly #groups: readonly FilterGroup[]
  readonly #alike: boolean
  readonly #options: JudgeOptions
  /** Takes out what only the filters and the runner may say, as far as a sender has said it. */
  readonly #disarm: readonly HeaderEdit[]

  constructor(filters: readonly ReadyFilter[], options: JudgeOptions) {
    this.#filters = filters
    this.#groups = groupFilters(filters)
    this.#alike = filters.every(({ recipients }) => recipients === undefined)
    this.#options = options
    const fields = new Set([STATUS_FIELD, ...filters.flatMap((filter) => filter.fields)])
    this.#disarm = Array.from(fields, (field) => removeHeader(field))
  }

  /**
   * Runs the filters over the message, whose content stays its owner's; gives at least one group, and every recipient is
   * in one. When the deadline aborts, the outcome is `defer`: that is nobody's verdict. Throws nothing; close the outcomes.
   */
  async run(subject: Subject, deadline: Deadline): Promise<readonly RecipientGroup[]> {
    const { recipients } = subject.envelope
    const everybody = [...recipients.keys()]
    let content: Content
    try {
      content = await editContent(subject.content, this.#disarm)
    } catch (error) {
      return [{ positions: everybody, subject, outcome: this.#failed(startState(subject, subject.content), error) }]
    }
    if (this.#alike) return [await this.#judge(everybody, subject, content, this.#groups, deadline)]
    const selections = groupRecipients(this.#filters, recipients)
    const groups: RecipientGroup[] = []
    const turns = selections.entries()
    const take = async (): Promise<void> => {
      for (const [turn, selection] of turns) {
        groups[turn] = await this.#judge(
          selection.positions,
          subject,
          content,
          groupFilters(selection.filters),
          deadline,
        )
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, take))
    return groups
  }

  async #judge(
    positions: readonly number[],
    whole: Subject,
    content: Content,
    groups: readonly FilterGroup[],
    deadline: Deadline,
  ): Promise<RecipientGroup> {
    const subject = { ...whole, envelope: narrow(whole.envelope, positions) }
    const state = startState(subject, content)
    for (const group of groups) {
      const stopped = await this.#runGroup(group, state, deadline)
      if (stopped !== undefined) return { positions, subject, outcome: stopped }
    }
    return { positions, subject, outcome: accepted(state) }
  }

  async #runGroup(group: FilterGroup, state: ChainState, deadline: Deadline): Promise<Outcome | undefined> {
    const edits: HeaderEdit[] = []
    const groupEnd = new Deadline(deadline)
    try {
      const subject = { ...state.subject, content: state.content }
      const asked = group.map((ready) => this.#ask(ready, subject, groupEnd))
      for (const [index, ready] of group.entries()) {
        const { result, milliseconds } = (await asked[index]) as Asked
        state.reports.push(reportOf(ready, result, milliseconds))
        if ('spool' in result) {
          state.spools.push(result.spool)
          state.content = result.spool
        }
        const decision = deadline.reason !== undefined ? INTERRUPTED : decide(ready, result, this.#options.onReject)
        if (!decision.goOn) {
          groupEnd.abort(new CandyError('DEADLINE', `${ready.name} has decided`))
          return stopped(state, ready.name, decision)
        }
        edits.push(...decision.edits)
      }
      state.content = await editContent(state.content, edits)
      state.edits.push(...edits)
      return undefined
    } catch (error) {
      return this.#failed(state, error)
    } finally {
      groupEnd.end()
    }
  }

  #failed(state: ChainState, error: unknown): Outcome {
    this.#options.log.write('error', 'the chain failed', { id: state.subject.id, error: String(error) })
    return stopped(state, 'candy', INTERRUPTED)
  }

  async #ask(ready: ReadyFilter, subject: Subject, deadline: Deadline): Promise<Asked> {
    const started = performance.now()
    const result = await judge(ready, subject, this.#options, deadline)
    return { result, milliseconds: Math.round(performance.now() - started) }
  }
}

const INTERRUPTED: Extract<Decision, { goOn: false }> = {
  goOn: false,
  action: 'defer',
  text: 'content filter unavailable',
  status: [3, 0],
}

function startState(subject: Subject, content: Content): ChainState {
  return { subject, edits: [], reports: [], spools: [], content }
}

function accepted(state: ChainState): Outcome {
  const { content, edits, reports, spools } = state
  return { action: 'accept', content, edits, rewritten: spools.length > 0, reports, close: () => closeAll(spools) }
}

function stopped(state: ChainState, filter: string, decision: Extract<Decision, { goOn: false }>): Outcome {
  const reason: Reason = { filter, text: decision.text, status: decision.status }
  const { subject, reports, spools } = state
  const { content } = subject
  return {
    action: decision.action,
    reason,
    content,
    edits: [],
    rewritten: false,
    reports,
    close: () => closeAll(spools),
  }
}

async function closeAll(spools: Spool[]): Promise<void> {
  for (const spool of spools.splice(0)) await spool.close()
}

/** The envelope for the recipients in these positions, frozen. */
function narrow({ sender, recipients, client }: Envelope, positions: readonly number[]): Envelope {
  const [first = recipients[0], ...others] = positions.flatMap((position) => recipients[position] ?? [])
  const copy: [string, ...string[]] = [first, ...others]
  return Object.freeze({
    sender,
    recipients: Object.freeze(copy),
    ...(client === undefined ? {} : { client: Object.freeze({ ...client }) }),
  })
}
