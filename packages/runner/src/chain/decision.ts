/** The operator's policy, applied to what one filter said: pure, one filter, no bytes. */
import { type HeaderEdit, printable, type Status } from '@candy/sdk'
import type { Judged } from './judge.js'
import type { OutcomeAction, Report } from './outcome.js'
import type { OnReject } from './policy.js'
import type { ReadyFilter } from './ready.js'

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

/** RFC 3463: 7.1 "delivery not authorized", 3.0 "other mail system status". */
const REFUSED: Status = [7, 1]
const UNAVAILABLE: Status = [3, 0]

/** `atPlace` is what becomes of rejected mail where the policy leaves it to the place. */
export function decide(ready: ReadyFilter, judged: Judged, atPlace: OnReject = 'quarantine'): Decision {
  const { policy } = ready
  if ('skipped' in judged) return noted(ready, `not judged, larger than ${policy.maxSize} bytes`)
  if ('error' in judged) {
    if (policy.onError === 'accept') return noted(ready, 'not judged, the filter could not decide')
    return { goOn: false, action: policy.onError, text: 'content filter unavailable', status: UNAVAILABLE }
  }
  const { verdict } = judged
  if (verdict.action === 'accept') return { goOn: true, edits: verdict.edits ?? [] }
  const text = printable(verdict.text) || 'content not acceptable'
  const status = verdict.status ?? REFUSED
  if (verdict.action === 'defer') return { goOn: false, action: 'defer', text, status }
  const onReject = policy.onReject === 'place' ? atPlace : policy.onReject
  const taken = verdict.action === 'reject' ? onReject : policy.onQuarantine
  if (taken === 'tag') return noted(ready, `${verdict.action}, ${text}`)
  return { goOn: false, action: taken, text, status }
}

/** How the filter came out, for the log. */
export function reportOf(ready: ReadyFilter, judged: Judged, milliseconds: number): Report {
  const { name } = ready
  if ('skipped' in judged) return { name, action: 'skipped', milliseconds: 0 }
  if ('error' in judged) return { name, action: 'error', milliseconds, ...explain(judged.error) }
  const { verdict } = judged
  if (verdict.action === 'accept') return { name, action: 'accept', milliseconds }
  return { name, action: verdict.action, milliseconds, text: printable(verdict.text) }
}

function explain(error: unknown): { readonly text: string; readonly code?: string } {
  if (!(typeof error === 'object' && error !== null && 'message' in error)) return { text: printable(String(error)) }
  const text = printable(String(error.message))
  return 'code' in error && typeof error.code === 'string' ? { text, code: error.code } : { text }
}

function noted(ready: ReadyFilter, what: string): Decision {
  return { goOn: true, edits: [{ add: STATUS_FIELD, value: `${ready.name}; ${what}` }] }
}
