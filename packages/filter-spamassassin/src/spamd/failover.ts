/** Several spamds for one question: each in turn until one answers, and patience with one that is starting. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceAddress } from '@candy/sdk/values'
import { SpamdFault } from './fault.js'

/** Milliseconds between two rounds: the first, and the longest they grow to. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 1_000

export interface Patience {
  /** Milliseconds to keep trying while no spamd accepts connections. */
  readonly wait: number
  readonly signal: AbortSignal
  /** Hears of each spamd that was passed over for the one that answered. */
  passedOver?(fault: SpamdFault): void
}

/**
 * Asks the addresses in their order; the first answer counts. A spamd that gave up at a limit of its own is not followed
 * by the next one, which would come to the same limit. Throws one `SpamdFault` that tells of every address, or at once
 * what is no `SpamdFault`.
 */
export async function firstAnswer<T>(
  addresses: readonly ServiceAddress[],
  { wait, signal, passedOver }: Patience,
  ask: (address: ServiceAddress) => Promise<T>,
): Promise<T> {
  const end = performance.now() + wait
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const faults: SpamdFault[] = []
    for (const address of addresses) {
      try {
        const answer = await ask(address)
        for (const fault of faults) passedOver?.(fault)
        return answer
      } catch (error) {
        if (!(error instanceof SpamdFault) || error.kind === 'limit') throw error
        faults.push(error)
      }
    }
    if (!faults.every((fault) => fault.passing) || performance.now() + pause > end) throw summary(faults)
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** One fault for all: an answer that made no sense outweighs a host that is not there. */
function summary(faults: readonly SpamdFault[]): Error {
  const [only, ...others] = faults
  if (only !== undefined && others.length === 0) return only
  const kind = faults.some((fault) => fault.kind === 'protocol') ? 'protocol' : 'unreachable'
  return new SpamdFault(kind, faults.map((fault) => fault.message).join('; '), { cause: faults })
}
