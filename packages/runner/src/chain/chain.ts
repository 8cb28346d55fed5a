/**
 * Runs the filters of `filters.d` over one message, in order. Neighbouring filters that do not rewrite run at the same time,
 * and the result is what running them one after another would give: the first filter in order that does not accept decides,
 * whichever finishes first, and the others are aborted.
 *
 * Before any filter sees the message, the fields that filters declare as theirs are removed, and the runner's own: what is
 * there afterwards was written by a filter or by the runner, whatever the verdicts are.
 *
 * Where a drop-in has other settings for some recipients, the filters run once for each group of recipients: a recipient gets
 * what they would get if the message were for them alone.
 *
 * The steps, in order: recipient-group.ts groups the recipients by their settings, which address-map.ts looks up; filter-group.ts
 * groups the filters that run at the same time; judge.ts has one filter judge the message within its deadline (deadline.ts), which it
 * sees as message-view.ts shows it, and copies the verdict (verdict-copy.ts); decision.ts applies the operator's policy to the verdict.
 * The result is an outcome (outcome.ts) for each group of recipients.
 */
import { CandyError, type HeaderEdit, removeHeader } from '@candy/sdk'
import type { MessageContent } from '../message/content.js'
import { editContent } from '../message/edited.js'
import type { MailObject } from '../message/mail-object.js'
import type { Spool } from '../message/spool.js'
import type { ConfiguredFilter } from './configured-filter.js'
import { Deadline } from './deadline.js'
import { decide, reportOf, STATUS_FIELD, type StopDecision, UNDECIDED } from './decision.js'
import { type FilterGroup, groupFilters } from './filter-group.js'
import { type FilterResult, type JudgeOptions, judge } from './judge.js'
import type { AcceptedOutcome, Outcome, Report, StoppedOutcome } from './outcome.js'
import { envelopeFor, groupRecipients, type RecipientGroup } from './recipient-group.js'

/** Recipient groups of one message for which filters run at the same time: a scanner has other messages to scan, too. */
const CONCURRENT_GROUPS = 4

/** What the filters so far have done for one group of recipients. */
interface ChainState {
  /** The message as it came in: for the quarantine, and for the log. */
  readonly message: MailObject
  readonly edits: HeaderEdit[]
  readonly reports: Report[]
  readonly spools: Spool[]
  /** The message as the next filters get it. */
  content: MessageContent
}

interface TimedResult {
  readonly result: FilterResult
  readonly milliseconds: number
}

export class Chain {
  readonly #filters: readonly ConfiguredFilter[]
  readonly #filterGroups: readonly FilterGroup[]
  /** Whether all recipients have the same settings. */
  readonly #sameForAll: boolean
  readonly #options: JudgeOptions
  /** Removes the fields that only filters and the runner may write. */
  readonly #removals: readonly HeaderEdit[]

  constructor(filters: readonly ConfiguredFilter[], options: JudgeOptions) {
    this.#filters = filters
    this.#filterGroups = groupFilters(filters)
    this.#sameForAll = filters.every(({ recipients }) => recipients === undefined)
    this.#options = options
    const fields = new Set([STATUS_FIELD, ...filters.flatMap((filter) => filter.fields)])
    this.#removals = Array.from(fields, (field) => removeHeader(field))
  }

  /**
   * Runs the filters over the message, whose content still belongs to the caller. Returns at least one group; every recipient
   * is in one. When the deadline aborts, the outcome is `defer`. Throws nothing. The caller closes the outcomes.
   */
  async run(message: MailObject, deadline: Deadline): Promise<readonly RecipientGroup[]> {
    const positions = [...message.envelope.recipients.keys()]
    let content: MessageContent
    try {
      content = await editContent(message.content, this.#removals)
    } catch (error) {
      return [{ positions, message, outcome: this.#failed(newState(message, message.content), error) }]
    }
    if (!this.#sameForAll) return this.#runForGroups(message, content, deadline)
    const outcome = await this.#runFilters(this.#filterGroups, newState(message, content), deadline)
    return [{ positions, message, outcome }]
  }

  async #runForGroups(
    { id, envelope, content: original }: MailObject,
    content: MessageContent,
    deadline: Deadline,
  ): Promise<readonly RecipientGroup[]> {
    const selections = groupRecipients(this.#filters, envelope.recipients)
    const groups: RecipientGroup[] = []
    const remaining = selections.entries()
    const runRemaining = async (): Promise<void> => {
      for (const [index, { positions, filters }] of remaining) {
        const message = { id, envelope: envelopeFor(envelope, positions), content: original }
        const outcome = await this.#runFilters(groupFilters(filters), newState(message, content), deadline)
        groups[index] = { positions, message, outcome }
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT_GROUPS }, runRemaining))
    return groups
  }

  async #runFilters(filterGroups: readonly FilterGroup[], state: ChainState, deadline: Deadline): Promise<Outcome> {
    for (const filterGroup of filterGroups) {
      const stopped = await this.#runFilterGroup(filterGroup, state, deadline)
      if (stopped !== undefined) return stopped
    }
    return acceptedOutcome(state)
  }

  /** Undefined when every filter of the group lets the message go on. */
  async #runFilterGroup(
    filterGroup: FilterGroup,
    state: ChainState,
    deadline: Deadline,
  ): Promise<StoppedOutcome | undefined> {
    const edits: HeaderEdit[] = []
    const groupDeadline = new Deadline(deadline)
    try {
      const message = { ...state.message, content: state.content }
      const pending = filterGroup.map((filter) => this.#judge(filter, message, groupDeadline))
      for (const [index, filter] of filterGroup.entries()) {
        const { result, milliseconds } = (await pending[index]) as TimedResult
        state.reports.push(reportOf(filter, result, milliseconds))
        if ('spool' in result) {
          state.spools.push(result.spool)
          state.content = result.spool
        }
        const decision = deadline.reason !== undefined ? NOT_JUDGED : decide(filter, result, this.#options.onReject)
        if (decision.action !== 'accept') {
          groupDeadline.abort(new CandyError('DEADLINE', `${filter.name} has decided`))
          return stoppedOutcome(state, filter.name, decision)
        }
        edits.push(...decision.edits)
      }
      state.content = await editContent(state.content, edits)
      state.edits.push(...edits)
      return undefined
    } catch (error) {
      return this.#failed(state, error)
    } finally {
      groupDeadline.end()
    }
  }

  async #judge(filter: ConfiguredFilter, message: MailObject, deadline: Deadline): Promise<TimedResult> {
    const started = performance.now()
    const result = await judge(filter, message, this.#options, deadline)
    return { result, milliseconds: Math.round(performance.now() - started) }
  }

  #failed(state: ChainState, error: unknown): StoppedOutcome {
    this.#options.log.write('error', 'the chain failed', { id: state.message.id, error: String(error) })
    return stoppedOutcome(state, 'candy', NOT_JUDGED)
  }
}

const NOT_JUDGED: StopDecision = { action: 'defer', ...UNDECIDED }

function newState(message: MailObject, content: MessageContent): ChainState {
  return { message, edits: [], reports: [], spools: [], content }
}

function acceptedOutcome({ content, edits, reports, spools }: ChainState): AcceptedOutcome {
  return { action: 'accept', content, edits, rewritten: spools.length > 0, reports, close: () => closeAll(spools) }
}

function stoppedOutcome(
  { message, reports, spools }: ChainState,
  filter: string,
  { action, text, status }: StopDecision,
): StoppedOutcome {
  const reason = { filter, text, status }
  const { content } = message
  return { action, reason, content, edits: [], rewritten: false, reports, close: () => closeAll(spools) }
}

async function closeAll(spools: Spool[]): Promise<void> {
  for (const spool of spools.splice(0)) await spool.close()
}
