/**
 * The table of what becomes of a message whose recipients have rules of their own. Over LMTP each recipient gets an answer. Elsewhere there is one
 * for all: nobody alone can be refused or made to wait.
 */
import type { Mode } from '../kit/enabled.js'

export interface RecipientsCase {
  readonly who: string
  /** Lines of the drop-in, and those of its rules, by local part of the recipient. */
  readonly policy?: string
  readonly rules: Readonly<Record<string, string>>
  readonly verdict: string
  readonly effects: Readonly<Record<Mode, Effect>>
}

/** What the client hears, and for each recipient, by local part, where the message is. NAME is that of the filter. */
interface Effect {
  readonly client: string
  readonly places: Readonly<Record<string, string>>
}

const QUARANTINED = 'quarantined, as you wish'
const BOUNCED = 'bounced, 5.7.1 as you wish'
const WAITS = 'waits, 4.7.1 as you wish'
const TAGGED = 'delivered, X-Candy-Status: NAME; reject, as you wish, X-Judged: reject'

function effect(client: string, places: Effect['places']): Effect {
  return { client, places }
}

/** In every mode. */
function alike(one: Effect): RecipientsCase['effects'] {
  return { pipe: one, smtp: one, 'smtp-before': one, milter: one }
}

const SOME_REFUSED = effect('250', { usual: QUARANTINED, free: 'delivered', strict: QUARANTINED })
const ALL_REFUSED = effect('550 5.7.1 as you wish', { strict: 'nowhere', other: 'nowhere' })
const ONE_DEFERRED = effect('451 4.7.1 as you wish', { usual: 'nowhere', later: 'nowhere' })

export const RECIPIENTS: readonly RecipientsCase[] = [
  {
    who: 'one of whom is not filtered, and one refuses',
    rules: { free: 'enabled = false', strict: 'on_reject = "refuse"' },
    verdict: 'reject',
    effects: {
      ...alike(SOME_REFUSED),
      smtp: effect('250', { usual: QUARANTINED, free: 'delivered', strict: BOUNCED }),
    },
  },
  {
    who: 'who all refuse',
    policy: 'on_reject = "refuse"',
    rules: { strict: 'timeout = "30s"' },
    verdict: 'reject',
    effects: {
      ...alike(effect('250', { strict: BOUNCED, other: BOUNCED })),
      'smtp-before': ALL_REFUSED,
      milter: ALL_REFUSED,
    },
  },
  {
    who: 'who get other fields than the rest',
    rules: { tagged: 'on_reject = "tag"', plain: 'enabled = false' },
    verdict: 'reject',
    effects: alike(effect('250', { usual: QUARANTINED, tagged: TAGGED, plain: 'delivered' })),
  },
  {
    who: 'one of whom has the message wait',
    rules: { later: 'on_unscannable = "defer"' },
    verdict: 'unscannable',
    effects: {
      pipe: effect('250', { usual: WAITS, later: WAITS }),
      smtp: effect('250', { usual: QUARANTINED, later: WAITS }),
      'smtp-before': ONE_DEFERRED,
      milter: ONE_DEFERRED,
    },
  },
]
