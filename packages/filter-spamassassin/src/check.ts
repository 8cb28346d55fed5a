/** The health check of the filter: whether its spamds can scan mail, and if not, what to do. */
import type { Context, Health } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { CLOSED, explainAbsence, isLocal } from './absence.js'
import type { Options } from './options.js'
import { rulesProblem } from './rules-age.js'
import { ping, version } from './spamd/command.js'
import { SpamdError } from './spamd/error.js'

/** Milliseconds that the spamds may take to answer all requests, where the caller's own deadline is not sooner. */
const CHECK_TIME_LIMIT = 20_000

/** A message to scan. Its score is neither so low nor so high that SpamAssassin learns from it (bayes_auto_learn). */
const TEST_MESSAGE = new TextEncoder().encode('Subject: probe\r\n\r\nIs SpamAssassin there?\r\n')

const body = {
  length: TEST_MESSAGE.length,
  open: async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield TEST_MESSAGE
  },
}

/**
 * Has every spamd scan a short message. PING alone is not enough: a spamd that runs as root without an account to change to
 * answers PING but closes the connection on every message. The result is ok when at least one spamd can scan, because the
 * filter asks the next spamd when one fails, and none scans with old rules.
 */
export async function checkHealth(
  settings: Options,
  { signal, remaining }: Pick<Context, 'signal' | 'remaining'>,
): Promise<Health> {
  const deadline = AbortSignal.any([
    signal,
    AbortSignal.timeout(Math.floor(Math.min(CHECK_TIME_LIMIT, 0.9 * remaining))),
  ])
  const found = await Promise.all(settings.addresses.map((address) => checkServer(address, settings.user, deadline)))
  return {
    ok: found.some(({ ok }) => ok) && !found.some(({ old }) => old),
    text: found.map(({ text }) => text).join('; '),
    details: Object.fromEntries(found.map(({ address, state }) => [address, state])),
  }
}

interface ServerHealth {
  readonly address: string
  /** Whether it can scan. */
  readonly ok: boolean
  /** Whether it scans with old rules. */
  readonly old: boolean
  readonly state: string
  readonly text: string
}

async function checkServer(at: ServiceAddress, user: string, signal: AbortSignal): Promise<ServerHealth> {
  const address = printAddress(at)
  const options = { signal, ...(user === '' ? {} : { user }) }
  try {
    await ping(at, options)
    const found = await version(at, body, options)
    const state = `SpamAssassin ${found ?? 'of unknown version'}`
    const rules = isLocal(at) ? await rulesProblem(found) : undefined
    const text = `${state} answers at ${address}${rules === undefined ? '' : `; ${rules}`}`
    return { address, ok: true, old: rules !== undefined, state, text }
  } catch (error) {
    return { address, ok: false, old: false, state: 'no answer', text: `spamd at ${await explain(at, error, signal)}` }
  }
}

async function explain(at: ServiceAddress, error: unknown, signal: AbortSignal): Promise<string> {
  const address = printAddress(at)
  if (signal.aborted) return `${address}: no answer in time: systemctl restart spamd`
  if (!(error instanceof SpamdError)) return `${address}: ${String(error)}`
  const reason = await explainAbsence(at, (error.cause as NodeJS.ErrnoException | undefined)?.code)
  if (reason !== undefined) return `${address}: ${reason}`
  return error.code === 'PROTOCOL' ? `${error.message}; ${CLOSED}` : error.message
}
