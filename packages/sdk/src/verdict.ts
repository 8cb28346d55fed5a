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

/** The message must not be delivered. */
export function reject(text: string, status?: Status): Refusal {
  return refusal('reject', text, status)
}

/** A person should look at the message before anybody gets it. */
export function quarantine(text: string, status?: Status): Refusal {
  return refusal('quarantine', text, status)
}

/** Not now: the sender should try again. */
export function defer(text: string, status?: Status): Refusal {
  return refusal('defer', text, status)
}

function refusal(action: Refusal['action'], text: string, status: Status | undefined): Refusal {
  return status === undefined ? { action, text } : { action, text, status }
}
