/** What an operator wants to know of the spamds before mail depends on them. */
import type { Context, Health } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { CLOSED, explainAbsence } from './absence.js'
import type { Options } from './options.js'
import { ping, version } from './spamd/command.js'
import { SpamdFault } from './spamd/fault.js'

/** Milliseconds that the spamds may take to answer everything, where whoever asks waits as long. */
const PATIENCE = 20_000

/** A message to scan that no site learns from by itself: too bare to be ham, too dull to be spam. */
const PROBE = new TextEncoder().encode('Subject: probe\r\n\r\nIs SpamAssassin there?\r\n')

const body = {
  length: PROBE.length,
  open: async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield PROBE
  },
}

/**
 * Has every spamd scan a few bytes: one that runs as root without an account to change to answers a PING and drops every
 * message. Healthy while one of them works, since the filter asks them in turn.
 */
export async function checkHealth(
  settings: Options,
  { signal, remaining }: Pick<Context, 'signal' | 'remaining'>,
): Promise<Health> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(Math.floor(Math.min(PATIENCE, 0.9 * remaining)))])
  const found = await Promise.all(settings.addresses.map((address) => look(address, settings.user, patience)))
  return {
    ok: found.some(({ ok }) => ok),
    text: found.map(({ text }) => text).join('; '),
    details: Object.fromEntries(found.map(({ address, state }) => [address, state])),
  }
}

interface Finding {
  readonly address: string
  readonly ok: boolean
  readonly state: string
  readonly text: string
}

async function look(at: ServiceAddress, user: string, signal: AbortSignal): Promise<Finding> {
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
