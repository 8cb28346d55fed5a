/** What is answered, logged and written into the history when a message of pipe mode could not be judged. */
import { MISCONFIGURED, UNAVAILABLE } from '../delivery/answer.js'
import { codeOf, unjudgedRecordOf } from '../delivery/judged-record.js'
import type { History } from '../history/history.js'
import type { Log } from '../log/log.js'
import type { PipeArguments, RefusedArguments } from './arguments.js'
import { type PipeAnswer, pipeAnswerOf } from './pipe.js'

export interface UnjudgedCall {
  /** Absent where pipe(8) went away before it had told everything. */
  readonly call: PipeArguments | RefusedArguments | undefined
  /** Milliseconds of `performance.now()`. */
  readonly receivedAt: number
}

/** Logs why the message was not delivered, and writes it into the history. Returns the answer for pipe(8). */
export function failPipe(
  error: unknown,
  { call, receivedAt }: UnjudgedCall,
  log: Log,
  history: History | undefined,
): PipeAnswer {
  const { message, code } = error as { readonly message?: string; readonly code?: string }
  const id = call?.id
  for (const line of String(message ?? error).split('\n')) {
    log.write('error', 'not delivered', {
      ...(id !== undefined && { id }),
      ...(code !== undefined && { code }),
      error: line,
    })
  }
  const recipients = call !== undefined && 'envelope' in call ? call.envelope.recipients.length : 0
  history?.write(unjudgedRecordOf({ id, mode: 'pipe', receivedAt, recipients, reason: codeOf(code) }))
  return pipeAnswerOf(code === 'CONFIG' ? MISCONFIGURED : UNAVAILABLE)
}
