/** Makers of verdicts. A misspelt member compiles in a bare object, and not in a maker's argument. */
import type { Accept, Bytes, HeaderEdit, Refusal, Rewrite, Status } from './contract.js'

/** The message may go on, with these changes to its header block. */
export function accept(edits: readonly HeaderEdit[] = []): Accept {
  return { action: 'accept', edits }
}

/**
 * The message may go on with new content. `content` is a function, so that nothing is opened before the runner wants it:
 * it is called at most once, read once, and ended on every path.
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

/** Not now: the sender should try again. What it comes to depends on the time, not on the message: see `unscannable`. */
export function defer(text: string, status?: Status): Refusal {
  return refusal('defer', text, status)
}

/**
 * This filter can never decide about the message: it is encrypted, nested too deep, larger than the scanner takes. Trying
 * again would change nothing, and nobody may call it clean; the operator's `on_unscannable` answers. `edits` as in `reject`.
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
