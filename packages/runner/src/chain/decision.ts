/** The operator's policy, applied to what one filter said: pure, one filter, no bytes. */
import { type HeaderEdit, printable, type Refusal, type Status } from '@candy/sdk'
import type { FilterResult } from './judge.js'
import type { OutcomeAction, Report } from './outcome.js'
import type { OnReject, Policy } from './policy.js'
import type { ReadyFilter } from './ready-filter.js'

/** The field that the runner adds for what a recipient must be able to see: tagged, or not judged. */
export const STATUS_FIELD = 'X-Candy-Status'

export type Decision =
  | { readonly goOn: true; readonly edits: readonly HeaderEdit[] }
  | {
      readonly goOn: false
      readonly action: Exclude<OutcomeAction, 'accept'>
      readonly text: string
      readonly status: Status
    }

type Chosen = OutcomeAction | 'tag'

/** RFC 3463: 7.1 "delivery not authorized", 3.0 "other mail system status". */
const REFUSED: Status = [7, 1]
const UNAVAILABLE: Status = [3, 0]

/** `atPlace` is what becomes of rejected mail where the policy leaves it to the place. */
export function decide(ready: ReadyFilter, result: FilterResult, atPlace: OnReject = 'quarantine'): Decision {
  const { policy } = ready
  if ('skipped' in result) return noted(ready, `not judged, larger than ${policy.maxSize} bytes`)
  if ('error' in result) {
    if (policy.onError === 'accept') return noted(ready, 'not judged, the filter could not decide')
    return { goOn: false, action: policy.onError, text: 'content filter unavailable', status: UNAVAILABLE }
  }
  const { verdict } = result
  if (verdict.action === 'accept') return { goOn: true, edits: verdict.edits ?? [] }
  const text = printable(verdict.text) || 'content not acceptable'
  const status = verdict.status ?? REFUSED
  const taken = choose(policy, verdict.action, atPlace)
  if (taken === 'accept') return noted(ready, 'not judged, the message is unscannable')
  if (taken === 'tag') return noted(ready, `${verdict.action}, ${text}`, verdict.edits)
  return { goOn: false, action: taken, text, status }
}

/** What the operator has done with mail of which the filter says this. */
function choose(policy: Policy, action: Refusal['action'], atPlace: OnReject): Chosen {
  if (action === 'defer') return 'defer'
  if (action === 'quarantine') return policy.onQuarantine
  if (action === 'unscannable') return policy.onUnscannable
  return policy.onReject === 'place' ? atPlace : policy.onReject
}

/** How the filter came out, for the log. */
export function reportOf(ready: ReadyFilter, result: FilterResult, milliseconds: number): Report {
  const { name } = ready
  if ('skipped' in result) return { name, action: 'skipped', milliseconds: 0 }
  if ('error' in result) return { name, action: 'error', milliseconds, ...explain(result.error) }
  const { verdict } = result
  if (verdict.action === 'accept') return { name, action: 'accept', milliseconds }
  return { name, action: verdict.action, milliseconds, text: printable(verdict.text) }
}

/** Whatever was thrown: a value that cannot even be asked what it is has no word for the log, and does no harm. */
function explain(error: unknown): { readonly text: string; readonly code?: string } {
  try {
    const { message, code } = Object(error) as { readonly message?: unknown; readonly code?: unknown }
    const text = printable(String(message ?? error))
    return typeof code === 'string' ? { text, code: printable(code) } : { text }
  } catch {
    return { text: 'what was thrown cannot be printed' }
  }
}

/** The message goes on with a note about it on top, and below the note what the filter found. */
function noted(ready: ReadyFilter, what: string, found: readonly HeaderEdit[] = []): Decision {
  return { goOn: true, edits: [...found, { add: STATUS_FIELD, value: `${ready.name}; ${what}` }] }
}
