/** Reads bytes from a source that may be wrong or stuck: a filter's new content, standard input. */
import type { Bytes } from '@candy/sdk'
import { CandyError } from '@candy/sdk'

/**
 * Yields the chunks of `bytes`, checks that each is a Uint8Array, and ends the reading on every path. When the signal aborts it
 * throws the signal's reason at once, even when the source is stuck.
 */
export async function* reading(bytes: Bytes, signal: AbortSignal): Bytes {
  const iterator = bytes[Symbol.asyncIterator]()
  let abort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
  })
  aborted.catch(() => {})
  signal.addEventListener('abort', abort, { once: true })
  let ended = false
  try {
    signal.throwIfAborted()
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted])
      if (step.done === true) {
        ended = true
        return
      }
      if (!(step.value instanceof Uint8Array)) {
        throw new CandyError('CONTENT', `content must yield Uint8Array, and yielded ${typeof step.value}`)
      }
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: the source may be stuck, and then its return() is, too.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {})
  }
}
