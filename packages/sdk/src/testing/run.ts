/** Runs one filter on one message, and returns what a runner would see. */
import { collect } from '../bytes.js'
import type { Filter, HeaderEdit, LogFields, Message, Verdict } from '../contract.js'
import { editHeaders } from '../header.js'
import { testContext } from './context.js'

/** What a filter has decided, and the message that results from it. */
export interface Run {
  readonly verdict: Verdict
  /** The edits of the verdict. A runner applies those of a refusal only when the operator has such mail delivered all the same. */
  readonly edits: readonly HeaderEdit[]
  /** The message as it would be delivered, with edits and new content; absent unless it was accepted. */
  readonly output?: Uint8Array
  readonly log: readonly { readonly level: 'log' | 'warn'; readonly event: string; readonly fields: LogFields }[]
}

/** Lets the filter judge the message. Throws what the filter throws. Does not close the filter. */
export async function run(filter: Filter<Verdict>, message: Message, signal?: AbortSignal): Promise<Run> {
  const log: Run['log'][number][] = []
  const context = testContext({
    ...(signal !== undefined && { signal }),
    log: (event, fields = {}) => log.push({ level: 'log', event, fields }),
    warn: (event, fields = {}) => log.push({ level: 'warn', event, fields }),
  })
  const verdict = await filter.judge(message, context)
  const edits = verdict.edits ?? []
  if (verdict.action !== 'accept') return { verdict, edits, log }
  const content = await collect('content' in verdict ? verdict.content() : message.open())
  return { verdict, edits, output: editHeaders(content, edits), log }
}
