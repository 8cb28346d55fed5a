/**
 * Checks how old the signatures of a clamd are. When freshclam fails, perhaps for weeks, clamd goes on scanning with old
 * signatures, and its answer that a message is clean means little.
 */
import { CandyError, type Context } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import type { ClamdClient } from './clamd/client.js'
import type { ClamdVersion } from './clamd/version.js'
import type { Options } from './options.js'

const DAY = 86_400_000

/** Milliseconds after which a clamd is asked again: sooner when its signatures are old, because freshclam may replace them at any time. */
const ASK_AGAIN_AFTER = { fresh: 600_000, old: 30_000 }

/** Milliseconds within which clamd must answer VERSION. It is short because a message that clamd has scanned waits for the answer. */
const VERSION_TIMEOUT = 3_000

/** Milliseconds between two warnings about the same clamd. */
const WARNING_INTERVAL = 3_600_000

export type Age = { readonly old: boolean; readonly text: string }

interface CachedAge {
  readonly age: Age
  /** In milliseconds of performance.now(). */
  readonly validUntil: number
}

/** Asks each clamd for the date of its signatures, and remembers the answer for the time of ASK_AGAIN_AFTER. */
export class Signatures {
  readonly #client: ClamdClient
  readonly #options: Options
  readonly #known = new Map<ServiceAddress, CachedAge>()
  readonly #warned = new Map<ServiceAddress, number>()

  constructor(client: ClamdClient, options: Options) {
    this.#client = client
    this.#options = options
  }

  /**
   * When the clamd at this address scans with old signatures, logs a warning, or, with `old_signatures = "error"`, throws
   * `SCANNER_OUTDATED`. When clamd does not answer with their age, throws with `old_signatures = "error"` and else does nothing.
   */
  async demandFresh(address: ServiceAddress, context: Context): Promise<void> {
    const { old, text } = await this.#ask(address, context.signal)
    if (!old) return
    const where = printAddress(address)
    if (this.#options.old_signatures === 'error') throw new CandyError('SCANNER_OUTDATED', `${where}: ${text}`)
    const now = performance.now()
    if (now - (this.#warned.get(address) ?? -Infinity) < WARNING_INTERVAL) return
    this.#warned.set(address, now)
    context.warn('old signatures', { address: where, reason: text })
  }

  async #ask(address: ServiceAddress, signal: AbortSignal): Promise<Age> {
    const known = this.#known.get(address)
    if (known !== undefined && performance.now() < known.validUntil) return known.age
    // clamd has just scanned the message. When VERSION fails nevertheless, the age is unknown, as when VERSION is switched off.
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(VERSION_TIMEOUT)])
    const version = await this.#client.version(deadline, address).catch(() => undefined)
    signal.throwIfAborted()
    const age = judgeAge(version, this.#options)
    this.#known.set(address, {
      age,
      validUntil: performance.now() + (age.old ? ASK_AGAIN_AFTER.old : ASK_AGAIN_AFTER.fresh),
    })
    return age
  }
}

/** Whether the signatures are older than the operator allows, and a text about their age. */
export function judgeAge(version: ClamdVersion | undefined, options: Options, now: number = Date.now()): Age {
  const built = version?.signatures?.date.getTime()
  if (built === undefined) return { old: options.old_signatures === 'error', text: 'age of its signatures unknown' }
  const age = Math.max(now - built, 0)
  const text = `signatures ${days(age)} old`
  if (age <= options.max_signature_age) return { old: false, text }
  return {
    old: true,
    text: `${text}, older than ${days(options.max_signature_age)}: systemctl status clamav-freshclam`,
  }
}

function days(milliseconds: number): string {
  const count = Math.round((milliseconds / DAY) * 10) / 10
  return `${count} ${count === 1 ? 'day' : 'days'}`
}
