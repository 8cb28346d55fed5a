/** Teaches SpamAssassin what is spam and what is not, as when a person moves mail into or out of the Junk folder. */
import { parseAddress } from '@candy/sdk/values'
import { withCode } from './error.js'
import { type Lesson, tell } from './spamd/command.js'

export type { Lesson } from './spamd/command.js'

export interface LearnOptions {
  /** The user whose Bayes database learns; when absent, spamd's default. */
  readonly user?: string
  readonly signal?: AbortSignal
}

/**
 * Has the spamd at `address` (`/path`, `unix:/path`, `host:port`, `[::1]:port`) learn a message, or forget that it learned
 * it. Returns whether that changed spamd's database. Does not wait for a spamd that is starting.
 *
 * Throws a CandyError, or the signal's reason. Its code is `CONFIG` when `address` is not an address, `SCANNER_UNREACHABLE`
 * also when spamd runs without --allow-tell, `SCANNER_PROTOCOL` or `SCANNER_LIMIT`.
 */
export function learn(
  address: string,
  message: Uint8Array,
  lesson: Lesson,
  options: LearnOptions = {},
): Promise<boolean> {
  const { signal = new AbortController().signal, ...user } = options
  const body = { length: message.length, open: () => once(message) }
  return withCode(tell(parseAddress(address), lesson, body, { ...user, signal }))
}

async function* once(message: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield message
}
