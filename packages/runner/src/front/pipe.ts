/**
 * Pipe mode: one message on standard input, one exit status. pipe(8) bounces whatever it does not know, so every path ends
 * in 0, 69 or 75, and 0 only once the next hop or the quarantine has the message.
 */
import { type Bytes, type Envelope, printable } from '@candy/sdk'
import type { Chain } from '../chain/chain.js'
import type { Outcome } from '../chain/outcome.js'
import type { Log } from '../log/log.js'
import { crlfFromLf } from '../message/line-ends.js'
import { reading } from '../message/reading.js'
import { receive, type Spool, type SpoolOptions } from '../message/spool.js'
import { answerTo, type ExitStatus } from './answer.js'
import type { NextHop } from './next-hop.js'
import { logJudged, printReports, quarantine } from './record.js'

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
export async function answerPipe(front: PipeFront, message: PipeMessage, signal: AbortSignal): Promise<PipeAnswer> {
  const outcome = await front.chain.run(message, signal)
  try {
    const answer = await act(front, message, outcome, signal)
    logJudged(front.log, message, outcome, answer.text, answer.exit === 75)
    return answer
  } finally {
    await outcome.close()
  }
}

/** What pipe(8) hears when something broke that is nobody's verdict. The reason belongs in the log, not in mail. */
export function unavailable(): PipeAnswer {
  return { exit: 75, text: '4.3.0 content filter unavailable' }
}

async function act(front: PipeFront, message: PipeMessage, outcome: Outcome, signal: AbortSignal): Promise<PipeAnswer> {
  const { exit, text } = answerTo(outcome)
  if (outcome.action === 'accept') {
    const handed = await front.nextHop.handOver({ ...message, content: outcome.content }, signal)
    if (!handed.taken) return { exit: 69, text: `${handed.status} ${handed.text}` }
    return { exit, text: printReports(outcome.reports) }
  }
  const reason = `${outcome.reason?.filter}: ${outcome.reason?.text}`
  if (outcome.action === 'quarantine') {
    await message.assertUpstream()
    const name = await quarantine(front.quarantine, message, outcome)
    return { exit, text: printable(`quarantined as ${name} by ${reason}`) }
  }
  return { exit, text: outcome.action === 'discard' ? printable(`discarded by ${reason}`) : text }
}
