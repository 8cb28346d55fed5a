/**
 * Pipe mode: one message on standard input, one exit status. pipe(8) bounces whatever it does not know, so every path ends
 * in 0, 69 or 75, and 0 only once the next hop or the quarantine has the message.
 */
import { type Bytes, type Envelope, printable } from '@candy/sdk'
import type { Chain } from '../chain/chain.js'
import type { Deadline } from '../chain/deadline.js'
import { answerTo, type ExitStatus } from '../delivery/answer.js'
import { envelopeOf } from '../delivery/delivery.js'
import { logJudged, printReport } from '../delivery/judged-line.js'
import type { NextHop } from '../delivery/next-hop.js'
import { deliverTogether, type OutcomeActions } from '../delivery/outcome-delivery.js'
import { quarantine } from '../delivery/quarantined.js'
import type { Log } from '../log/log.js'
import { crlfFromLf } from '../message/line-ends.js'
import { messageIdOf } from '../message/message-id.js'
import { reading } from '../message/reading.js'
import { receive, type Spool, type SpoolOptions } from '../message/spool.js'

export interface PipeFront {
  readonly chain: Chain
  readonly nextHop: NextHop
  /** Directory of the quarantine. */
  readonly quarantine: string
  readonly log: Log
}

export interface PipeMessage {
  readonly id: string
  readonly envelope: Envelope
  readonly content: Spool
  assertUpstream(): Promise<void>
}

/** `text` is the line for pipe(8): a status and why, or, after success, what became of the message. */
export interface PipeAnswer {
  readonly exit: ExitStatus
  readonly text: string
}

/** Spools what pipe(8) writes, to the end. */
export function receivePipe(stdin: Bytes, options: SpoolOptions, signal: AbortSignal): Promise<Spool> {
  return receive(crlfFromLf(reading(stdin, signal)), options)
}

/** Judges the message and does what was decided. Throws when that fails: then the answer is `unavailable()`. */
export async function answerPipe(front: PipeFront, message: PipeMessage, deadline: Deadline): Promise<PipeAnswer> {
  const messageId = await messageIdOf(message.content)
  const groups = await front.chain.run(message, deadline)
  try {
    const answers = await deliverTogether(groups, outcomeActions(front, { ...message, messageId }, deadline.signal))
    return { exit: answers.at(-1)?.exit ?? 75, text: printable(answers.map(({ text }) => text).join('; ')) }
  } finally {
    for (const { outcome } of groups) await outcome.close()
  }
}

/** What pipe(8) hears when something broke that is nobody's verdict. The reason belongs in the log, not in mail. */
export function unavailable(): PipeAnswer {
  return { exit: 75, text: '4.3.0 content filter unavailable' }
}

function outcomeActions(
  { nextHop, quarantine: directory, log }: PipeFront,
  message: PipeMessage & { readonly messageId: string | undefined },
  signal: AbortSignal,
): OutcomeActions<PipeAnswer> {
  return {
    deliver: async (delivery) => {
      const envelope = envelopeOf(delivery, message.envelope)
      const handed = await nextHop.handOver({ ...message, envelope, content: delivery.content }, signal)
      if (!handed.taken) return { taken: false, answer: { exit: 69, text: `${handed.status} ${handed.text}` } }
      const reports = delivery.groups.flatMap(({ outcome }) => outcome.reports)
      return { taken: true, answer: { exit: 0, text: printable(reports.map(printReport).join(', ')) } }
    },
    quarantine: async ({ subject, outcome }) => {
      await message.assertUpstream()
      const name = await quarantine(directory, subject, outcome)
      return {
        exit: 0,
        text: printable(`quarantined as ${name} by ${outcome.reason?.filter}: ${outcome.reason?.text}`),
      }
    },
    answer: (outcome) => {
      const { exit, text } = answerTo(outcome)
      if (outcome.action !== 'discard') return { exit, text }
      return { exit, text: printable(`discarded by ${outcome.reason?.filter}: ${outcome.reason?.text}`) }
    },
    fail: (error) => {
      log.write('error', 'not delivered', {
        id: message.id,
        error: error instanceof Error ? error.message : String(error),
      })
      return unavailable()
    },
    judged: (group, { exit, text }) => {
      logJudged(log, { group, messageId: message.messageId, answer: text, temporary: exit === 75 })
    },
  }
}
