/**
 * How old the signatures of a clamd are. A clean answer means little when they are old: clamd goes on answering while freshclam fails,
 * for weeks perhaps.
 */
import { CandyError, type Context } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import type { ClamdClient } from './clamd/client.js'
import type { Version } from './clamd/version.js'
import type { Options } from './options.js'

const DAY = 86_400_000

/** Milliseconds after which a clamd is asked again: sooner where its signatures are old, since they may be replaced at any moment. */
const ASK_AGAIN_AFTER = { fresh: 600_000, old: 30_000 }

/** Milliseconds that a clamd may take to answer VERSION, since a message that it has already scanned waits for the answer. */
const VERSION_TIMEOUT = 3_000

/** Milliseconds between two warnings about the same clamd. */
const WARNING_INTERVAL = 3_600_000

export type Age = { readonly old: boolean; readonly text: string }

interface Known {
  readonly age: Age
  readonly until: number
}

/** Asks each clamd for the date of its signatures, no more often than it can have changed. */
export class Signatures {
  readonly #client: ClamdClient
  readonly #options: Options
  readonly #known = new Map<ServiceAddress, Known>()
  readonly #warned = new Map<ServiceAddress, number>()

  constructor(client: ClamdClient, options: Options) {
    this.#client = client
    this.#options = options
  }

  /**
   * Warns, or throws `SCANNER_OUTDATED` where the operator wants that, when the clamd at this address scans with old
   * signatures. Where it does not tell their age, only the operator who wants an error gets one.
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
    if (known !== undefined && performance.now() < known.until) return known.age
    // A clamd that has just scanned and does not tell its version tells it no more than one that is not allowed to.
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(VERSION_TIMEOUT)])
    const version = await this.#client.version(deadline, address).catch(() => undefined)
    signal.throwIfAborted()
    const age = judgeAge(version, this.#options)
    this.#known.set(address, {
      age,
      until: performance.now() + (age.old ? ASK_AGAIN_AFTER.old : ASK_AGAIN_AFTER.fresh),
    })
    return age
  }
}

/** Whether signatures are too old for the operator, and a few words on their age. */
export function judgeAge(version: Version | undefined, options: Options, now: number = Date.now()): Age {
  const made = version?.signatures?.date.getTime()
  if (made === undefined) return { old: options.old_signatures === 'error', text: 'age of its signatures unknown' }
  const age = Math.max(now - made, 0)
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
