/** What `candy doctor` learns about the spamds. */
import type { Health } from '@candy/sdk'
import type { Options } from './options.js'
import { type Address, printAddress } from './spamd/address.js'
import { ping, version } from './spamd/command.js'
import { SpamdFault } from './spamd/fault.js'

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
export async function checkHealth(settings: Options, signal: AbortSignal): Promise<Health> {
  const found = await Promise.all(settings.addresses.map((address) => look(address, settings.user, signal)))
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

async function look(at: Address, user: string, signal: AbortSignal): Promise<Finding> {
  const address = printAddress(at)
  const options = { signal, ...(user === '' ? {} : { user }) }
  try {
    await ping(at, options)
    const found = await version(at, body, options)
    const state = `SpamAssassin ${found ?? 'of unknown version'}`
    return { address, ok: true, state, text: `${state} answers at ${address}` }
  } catch (error) {
    const message = error instanceof SpamdFault ? error.message : String(error)
    return { address, ok: false, state: 'no answer', text: `spamd at ${message}` }
  }
}
