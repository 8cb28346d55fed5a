/** Functions that make verdicts. */
import type { Accept, Bytes, HeaderEdit, Refusal, Rewrite, Status } from './contract.js'

/** The message may be delivered, with these changes to its header block. */
export function accept(edits: readonly HeaderEdit[] = []): Accept {
  return { action: 'accept', edits }
}

/**
 * The message may be delivered with new content. `content` is a function, so that nothing is opened before the runner needs it. The
 * runner calls it at most once, reads the result once, and always ends the reading, also after an error.
 */
export function rewrite(content: () => Bytes, edits: readonly HeaderEdit[] = []): Rewrite {
  return { action: 'accept', edits, content }
}

/** The message must not be delivered. `edits` are for the operator who has it delivered all the same. */
export function reject(text: string, status?: Status, edits?: readonly HeaderEdit[]): Refusal {
  return refusal('reject', text, status, edits)
}

/** A person should look at the message before anybody gets it. `edits` as in `reject`. */
export function quarantine(text: string, status?: Status, edits?: readonly HeaderEdit[]): Refusal {
  return refusal('quarantine', text, status, edits)
}

/** The sender should try again later, because the result may be another one then. Otherwise use `unscannable`. */
export function defer(text: string, status?: Status): Refusal {
  return refusal('defer', text, status)
}

/**
 * This filter can never decide about the message: it is encrypted, nested too deep, or larger than the scanner accepts.
 * Trying again would change nothing, and the message may not be treated as clean; the operator's `on_unscannable` applies. `edits` as in `reject`.
 */
export function unscannable(text: string, status?: Status, edits?: readonly HeaderEdit[]): Refusal {
  return refusal('unscannable', text, status, edits)
}

function refusal(
  action: Refusal['action'],
  text: string,
  status: Status | undefined,
  edits?: readonly HeaderEdit[],
): Refusal {
  return { action, text, ...(status !== undefined && { status }), ...(edits !== undefined && { edits }) }
}
