/** What an operator wants to know of the spamds before mail depends on them. */
import type { Context, Health } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { CLOSED, explainAbsence } from './absence.js'
import type { Options } from './options.js'
import { ping, version } from './spamd/command.js'
import { SpamdFault } from './spamd/fault.js'

/** Milliseconds that the spamds may take to answer all requests, where the caller's own deadline is not sooner. */
const CHECK_TIME_LIMIT = 20_000

/** A message to scan that no site learns from by itself: too bare to be ham, too dull to be spam. */
const PROBE = new TextEncoder().encode('Subject: probe\r\n\r\nIs SpamAssassin there?\r\n')

const body = {
  length: PROBE.length,
  open: async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield PROBE
  },
}

/**
 * Has every spamd scan a few bytes, because a spamd that runs as root without an account to change to answers a PING but drops every
 * message. The result is ok while one of them works, since the filter asks one after the other.
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
    ok: found.some(({ ok }) => ok),
    text: found.map(({ text }) => text).join('; '),
    details: Object.fromEntries(found.map(({ address, state }) => [address, state])),
  }
}

interface ServerHealth {
  readonly address: string
  readonly ok: boolean
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
    return { address, ok: true, state, text: `${state} answers at ${address}` }
  } catch (error) {
    return { address, ok: false, state: 'no answer', text: `spamd at ${await explain(at, error, signal)}` }
  }
}

async function explain(at: ServiceAddress, error: unknown, signal: AbortSignal): Promise<string> {
  const address = printAddress(at)
  if (signal.aborted) return `${address}: no answer in time: systemctl restart spamd`
  if (!(error instanceof SpamdFault)) return `${address}: ${String(error)}`
  const reason = await explainAbsence(at, (error.cause as NodeJS.ErrnoException | undefined)?.code)
  if (reason !== undefined) return `${address}: ${reason}`
  return error.kind === 'protocol' ? `${error.message}; ${CLOSED}` : error.message
}
