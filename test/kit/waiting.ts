/** Waiting for something that another process does, without guessing how long that takes. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that the test bed waits for anything before it gives up: generous, since a busy machine is no fault. */
export const TIME_LIMIT = 30_000

/**
 * Asks until the answer is neither false nor undefined, and returns it. Throws after `milliseconds`, with what it was
 * waiting `for` and, where given, what `explain` finds out at that moment.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  options: { readonly milliseconds?: number; readonly explain?: () => Promise<string> } = {},
): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + (options.milliseconds ?? TIME_LIMIT)
  for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
    const answer = await ask()
    if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>
    if (Date.now() > end) throw new Error(`waited in vain for ${what}\n${(await options.explain?.()) ?? ''}`)
    await sleep(pause)
  }
}
