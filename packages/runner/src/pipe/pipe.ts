/**
 * Pipe mode: one message on standard input, one exit status. pipe(8) bounces the message for any status that it does not know,
 * so every path ends in 0, 69 or 75, and in 0 only after the next hop or the quarantine has the message.
 *
 * arguments.ts reads what pipe(8) says about the message, and upstream.ts whether pipe(8) is still there. This file receives the
 * message, has it judged, and does what was decided. The command itself is cli/pipe.ts.
 */
import { type Bytes, printable } from '@candy/sdk'
import type { Chain } from '../chain/chain.js'
import type { Deadline } from '../chain/deadline.js'
import { envelopeFor } from '../chain/recipient-group.js'
import { type Answer, answerTo, type ExitStatus, quarantinedAnswer, UNAVAILABLE } from '../delivery/answer.js'
import { bytesFor, makeCommands } from '../delivery/envelope-commands.js'
import { logJudged, printReport } from '../delivery/judged-line.js'
import { codeOf, recordOf } from '../delivery/judged-record.js'
import type { NextHop, OutgoingMessage } from '../delivery/next-hop.js'
import { deliverTogether, type OutcomeActions } from '../delivery/outcome-delivery.js'
import { quarantine } from '../delivery/quarantined.js'
import type { History } from '../history/history.js'
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
  readonly history: History
}

/** `text` is the line for pipe(8): the status and why, or, after success, what became of the message. */
export interface PipeAnswer {
  readonly exit: ExitStatus
  readonly text: string
  /** The code of the error that has made it another answer than the outcome says. */
  readonly failure?: string
}

const STATUS_CLASSES: Readonly<Record<ExitStatus, 2 | 4 | 5>> = { 0: 2, 69: 5, 75: 4 }

/** Spools what pipe(8) writes, to the end. */
export function receivePipe(stdin: Bytes, options: SpoolOptions, signal: AbortSignal): Promise<Spool> {
  return receive(crlfFromLf(reading(stdin, signal)), options)
}

/** Judges the message and does what was decided. */
export async function answerPipe(
  options: PipeOptions,
  message: OutgoingMessage,
  deadline: Deadline,
): Promise<PipeAnswer> {
  const receivedAt = performance.now()
  const messageId = await messageIdOf(message.content)
  const groups = await options.chain.run(message, deadline)
  try {
    const answers = await deliverTogether(groups, outcomeActions(options, message, { messageId, receivedAt }, deadline))
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
  { nextHop, ownClientsAreLocal, quarantine: directory, log, history }: PipeOptions,
  message: OutgoingMessage,
  { messageId, receivedAt }: { readonly messageId: string | undefined; readonly receivedAt: number },
  deadline: Deadline,
): OutcomeActions<PipeAnswer> {
  const { id } = message
  return {
    deliver: async ({ content, groups, positions }) => {
      const envelope = envelopeFor(message.envelope, positions)
      const addresses = bytesFor(message.addresses, positions)
      const result = await nextHop.handOver({ ...message, envelope, addresses, content }, deadline)
      if (!result.delivered) {
        const text = `${result.status} ${result.text}`
        return { delivered: false, answer: { exit: 69, text, failure: 'NEXT_HOP' } }
      }
      const reports = groups.flatMap(({ outcome }) => outcome.reports)
      return { delivered: true, answer: { exit: 0, text: printable(reports.map(printReport).join(', ')) } }
    },
    quarantine: async (group) => {
      await message.assertUpstream()
      const commands = makeCommands(group.message, ownClientsAreLocal, bytesFor(message.addresses, group.positions))
      const name = await quarantine(group, { directory, mode: 'pipe', commands })
      return pipeAnswerOf(quarantinedAnswer(group.outcome.reason, name))
    },
    answer: (outcome) => pipeAnswerOf(answerTo(outcome)),
    fail: (error) => {
      const { code } = error as { readonly code?: unknown }
      const known = typeof code === 'string' ? { code } : {}
      log.write('error', 'not delivered', { id, ...known, error: errorText(error) })
      return { ...pipeAnswerOf(UNAVAILABLE), failure: codeOf(code) }
    },
    log: (group, { exit, text, failure }) => {
      const common = { group, messageId, answer: text, statusClass: STATUS_CLASSES[exit] }
      const judged = failure === undefined ? common : { ...common, failure }
      logJudged(log, judged)
      history.write(recordOf(judged, { mode: 'pipe', receivedAt, addresses: history.addresses }))
    },
  }
}
