/** Asking several servers that can all answer: the daemon of a filter, on this machine or on several others. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceAddress } from '../values/address.js'
import { classifyFailure, FailoverError, type FailureKind, type ServerFailure } from './failure.js'

/** Milliseconds for which a server that failed is asked after the others. */
const FAILURE_REMEMBERED = 30_000

/** Milliseconds between two rounds of requests: the first pause, and the longest that the pauses grow to. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 1_000

export interface FailoverOptions {
  /** At least one, in the order in which they are asked. */
  readonly addresses: readonly ServiceAddress[]
  /** For how many milliseconds servers that are starting are asked again; 0 when absent. */
  readonly wait?: number
  /** What an error that a request throws says about the server; `classifyFailure` when absent. */
  readonly classify?: (error: unknown) => FailureKind
}

export interface AskOptions {
  /** Ends the waiting. `request` must obey it by itself. */
  readonly signal?: AbortSignal | undefined
  /** Called after an answer, with the last failure of each other server that was asked for it. Log it: nothing else tells of it. */
  readonly passedOver?: ((failure: ServerFailure) => void) | undefined
}

/**
 * Asks several servers that can all answer until one does, and remembers which of them failed. Make one in `create` and use it for all
 * messages. It holds no connection and no timer, so there is nothing to close.
 */
export class Failover {
  readonly #addresses: readonly ServiceAddress[]
  readonly #wait: number
  readonly #classify: (error: unknown) => FailureKind
  /** When each server failed, on the clock of `performance.now()`. A server that has answered since is not in it. */
  readonly #failedAt = new Map<ServiceAddress, number>()

  /** Throws a RangeError when there is no address. */
  constructor(options: FailoverOptions) {
    const { addresses, wait = 0, classify = classifyFailure } = options
    if (addresses.length === 0) throw new RangeError('a failover needs at least one address')
    this.#addresses = addresses
    this.#wait = wait
    this.#classify = classify
  }

  /**
   * Calls `request` with one address after the other until a call returns, and returns what it returned. A server that failed in the
   * last 30 seconds and has not answered since is asked after the others. Servers that are starting are asked again until `wait` is
   * over, after pauses that grow from 50 ms to 1 s. A server that failed otherwise is not asked again.
   *
   * Throws the signal's reason once the signal has aborted, and at once an error that is `final`. When all servers have failed, throws the
   * error of the only server, or a FailoverError that names all servers.
   */
  async ask<T>(request: (address: ServiceAddress) => T | Promise<T>, options: AskOptions = {}): Promise<T> {
    const { signal, passedOver } = options
    const end = performance.now() + this.#wait
    const failures = new Map<ServiceAddress, ServerFailure>()
    let candidates = this.#inOrder()
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const starting: ServiceAddress[] = []
      for (const address of candidates) {
        signal?.throwIfAborted()
        const attempt = await settle(request, address)
        if ('answer' in attempt) {
          this.#failedAt.delete(address)
          failures.delete(address)
          for (const failure of failures.values()) passedOver?.(failure)
          return attempt.answer
        }
        signal?.throwIfAborted()
        const kind = this.#classify(attempt.error)
        if (kind === 'final') throw attempt.error
        this.#failedAt.set(address, performance.now())
        failures.set(address, { address, error: attempt.error })
        if (kind === 'starting') starting.push(address)
      }
      const remaining = end - performance.now()
      if (starting.length === 0 || remaining <= 0) throw combine([...failures.values()])
      await sleep(Math.min(pause, remaining), undefined, { signal }).catch(() => signal?.throwIfAborted())
      candidates = starting
    }
  }

  #inOrder(): readonly ServiceAddress[] {
    const since = performance.now() - FAILURE_REMEMBERED
    const hasFailed = (address: ServiceAddress): boolean => (this.#failedAt.get(address) ?? -Infinity) > since
    return [...this.#addresses.filter((address) => !hasFailed(address)), ...this.#addresses.filter(hasFailed)]
  }
}

async function settle<T>(
  request: (address: ServiceAddress) => T | Promise<T>,
  address: ServiceAddress,
): Promise<{ readonly answer: T } | { readonly error: unknown }> {
  try {
    return { answer: await request(address) }
  } catch (error) {
    return { error }
  }
}

function combine(failures: readonly ServerFailure[]): unknown {
  const [first, ...others] = failures
  return first !== undefined && others.length === 0 ? first.error : new FailoverError(failures)
}
