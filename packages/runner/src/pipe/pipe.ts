/**
 * Pipe mode: one message on standard input, one exit status. pipe(8) bounces the message for any status that it does not know,
 * so every path ends in 0, 69 or 75, and in 0 only after the next hop or the quarantine has the message.
 */
import { type Bytes, printable } from '@candy/sdk'
import type { Chain } from '../chain/chain.js'
import type { Deadline } from '../chain/deadline.js'
import { envelopeFor } from '../chain/recipient-group.js'
import { type Answer, answerTo, type ExitStatus, quarantinedAnswer, UNAVAILABLE } from '../delivery/answer.js'
import { makeCommands } from '../delivery/envelope-commands.js'
import { logJudged, printReport } from '../delivery/judged-line.js'
import type { NextHop, OutgoingMessage } from '../delivery/next-hop.js'
import { deliverTogether, type OutcomeActions } from '../delivery/outcome-delivery.js'
import { quarantine } from '../delivery/quarantined.js'
import type { Log } from '../log/log.js'
import { messageIdOf } from '../message/header-block.js'
import { crlfFromLf } from '../message/line-ends.js'
import { reading } from '../message/reading.js'
import { receive, type Spool, type SpoolOptions } from '../message/spool.js'
import { errorText } from '../os/error-text.js'

export interface PipeOptions {
  readonly chain: Chain
  readonly nextHop: NextHop
  /** Whether mail from this host's own addresses counts as its own. */
  readonly ownClientsAreLocal: boolean
  /** Directory of the quarantine. */
  readonly quarantine: string
  readonly log: Log
}

/** `text` is the line for pipe(8): the status and why, or, after success, what became of the message. */
export interface PipeAnswer {
  readonly exit: ExitStatus
  readonly text: string
}

/** Spools what pipe(8) writes, to the end. */
export function receivePipe(stdin: Bytes, options: SpoolOptions, signal: AbortSignal): Promise<Spool> {
  return receive(crlfFromLf(reading(stdin, signal)), options)
}

/** Judges the message and does what was decided. Throws when that fails: then the answer is `UNAVAILABLE`. */
export async function answerPipe(
  options: PipeOptions,
  message: OutgoingMessage,
  deadline: Deadline,
): Promise<PipeAnswer> {
  const messageId = await messageIdOf(message.content)
  const groups = await options.chain.run(message, deadline)
  try {
    const answers = await deliverTogether(groups, outcomeActions(options, message, messageId, deadline.signal))
    return { exit: answers.at(-1)?.exit ?? 75, text: printable(answers.map(({ text }) => text).join('; ')) }
  } finally {
    for (const { outcome } of groups) await outcome.close()
  }
}

/** An answer as pipe(8) reads it. */
export function pipeAnswerOf({ exit, status, text }: Answer): PipeAnswer {
  return { exit, text: exit === 0 ? text : `${status} ${text}` }
}

function outcomeActions(
  { nextHop, ownClientsAreLocal, quarantine: directory, log }: PipeOptions,
  message: OutgoingMessage,
  messageId: string | undefined,
  signal: AbortSignal,
): OutcomeActions<PipeAnswer> {
  const { id } = message
  return {
    deliver: async ({ content, groups, positions }) => {
      const envelope = envelopeFor(message.envelope, positions)
      const result = await nextHop.handOver({ ...message, envelope, content }, signal)
      if (!result.delivered) return { delivered: false, answer: { exit: 69, text: `${result.status} ${result.text}` } }
      const reports = groups.flatMap(({ outcome }) => outcome.reports)
      return { delivered: true, answer: { exit: 0, text: printable(reports.map(printReport).join(', ')) } }
    },
    quarantine: async (group) => {
      message.assertUpstream()
      const commands = makeCommands(group.message, ownClientsAreLocal)
      const name = await quarantine(group, { directory, mode: 'pipe', commands })
      return pipeAnswerOf(quarantinedAnswer(group.outcome.reason, name))
    },
    answer: (outcome) => pipeAnswerOf(answerTo(outcome)),
    fail: (error) => {
      log.write('error', 'not delivered', { id, error: errorText(error) })
      return pipeAnswerOf(UNAVAILABLE)
    },
    log: (group, { exit, text }) => logJudged(log, { group, messageId, answer: text, temporary: exit === 75 }),
  }
}
