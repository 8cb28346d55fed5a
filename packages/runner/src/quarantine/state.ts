/** What has become of a message in the quarantine, as its events tell. */
import { isDead, type ProcessIdentity } from '../os/process-identity.js'
import { ABANDONED_AFTER } from './draft.js'
import type { DatedEvent } from './events.js'

/** The states of a message that can be read. */
export const STANDINGS = ['held', 'releasing', 'partly released', 'released', 'uncertain'] as const

type State = (typeof STANDINGS)[number]

export interface Standing {
  readonly state: State
  /** Who has the message for sure. */
  readonly released: ReadonlySet<string>
  /** Who may have it: a process died, or the connection ended, between the end of the message and the reply to it. */
  readonly uncertain: ReadonlySet<string>
  /** The process that is releasing it. */
  readonly by?: ProcessIdentity
}

/** `recipients` are those of the envelope. */
export async function standingOf(events: readonly DatedEvent[], recipients: readonly string[]): Promise<Standing> {
  const released = new Set<string>()
  const uncertain = new Set<string>()
  let attempt: (DatedEvent & { readonly event: 'releasing' }) | undefined
  let isSent = false
  const settle = (set: Set<string>): void => {
    for (const recipient of attempt?.recipients ?? []) set.add(recipient)
    attempt = undefined
    isSent = false
  }
  for (const event of events) {
    if (event.event === 'releasing') {
      // Nobody begins while another one lives.
      settle(isSent ? uncertain : new Set())
      attempt = event
    } else if (event.event === 'sending') isSent = true
    else if (event.event === 'failed') settle(new Set())
    else if (event.event === 'released') settle(released)
    else if (event.event === 'uncertain') settle(uncertain)
  }
  const by = attempt !== undefined && (await isAlive(attempt)) ? attempt.by : undefined
  if (by === undefined && isSent) settle(uncertain)
  for (const recipient of released) uncertain.delete(recipient)
  if (by !== undefined) return { state: 'releasing', released, uncertain, by }
  return { state: stateOf(recipients, released, uncertain), released, uncertain }
}

function stateOf(recipients: readonly string[], released: ReadonlySet<string>, uncertain: ReadonlySet<string>): State {
  if (uncertain.size > 0) return 'uncertain'
  if (recipients.every((recipient) => released.has(recipient))) return 'released'
  return released.size > 0 ? 'partly released' : 'held'
}

async function isAlive({ by, time }: DatedEvent & { readonly event: 'releasing' }): Promise<boolean> {
  return Date.now() - Date.parse(time) < ABANDONED_AFTER && !(await isDead(by))
}
