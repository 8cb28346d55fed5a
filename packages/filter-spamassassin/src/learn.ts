/** Teaching SpamAssassin what was spam and what was not: what a person who moves mail between folders wants. */

import { parseAddress } from '@candy/sdk/values'
import { withCode } from './error.js'
import { type Lesson, tell } from './spamd/command.js'

export type { Lesson } from './spamd/command.js'

export interface LearnOptions {
  /** Whose database learns; spamd's default when absent. */
  readonly user?: string
  readonly signal?: AbortSignal
}

/**
 * Has the spamd at `address` (`/path`, `unix:/path`, `host:port`, `[::1]:port`) learn a message, or forget that it had
 * learned it. True when that changed its database. Never waits for a spamd that is starting.
 *
 * Throws `CONFIG` for what is no address, `SCANNER_UNREACHABLE` also when spamd runs without --allow-tell,
 * `SCANNER_PROTOCOL`, `SCANNER_LIMIT`, or the signal's reason.
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
