/** Applies the operator's policy to what one filter said. Pure: one filter, no bytes. */
import { type ErrorCode, type HeaderEdit, printable, type Refusal, type Status } from '@candy/sdk'
import type { ConfiguredFilter } from './configured-filter.js'
import type { FilterResult } from './judge.js'
import type { OutcomeAction, Report, StoppedOutcome } from './outcome.js'
import type { OnReject, Policy } from './policy.js'

/** The field that the runner adds for what a recipient must be able to see: tagged, or not judged. */
export const STATUS_FIELD = 'X-Candy-Status'

/** What a stranger is told when there is no verdict. RFC 3463 3.0: "other mail system status". */
export const UNDECIDED: { readonly text: string; readonly status: Status } = {
  text: 'content filter unavailable',
  status: [3, 0],
}

/** RFC 3463 7.1: "delivery not authorized". */
const NOT_AUTHORIZED: Status = [7, 1]

export type Decision = AcceptDecision | StopDecision

/** The message goes on to the next filter, with these edits. */
interface AcceptDecision {
  readonly action: 'accept'
  readonly edits: readonly HeaderEdit[]
}

export interface StopDecision {
  readonly action: StoppedOutcome['action']
  readonly text: string
  readonly status: Status
}

/** `onReject` is what is done with rejected mail where the policy does not say. */
export function decide(filter: ConfiguredFilter, result: FilterResult, onReject: OnReject = 'quarantine'): Decision {
  const { policy } = filter
  if ('skipped' in result) return tagged(filter, `not judged, larger than ${policy.maxSize} bytes`)
  if ('error' in result) {
    if (policy.onError === 'accept') return tagged(filter, 'not judged, the filter could not decide')
    return { action: policy.onError, ...UNDECIDED }
  }
  const { verdict } = result
  if (verdict.action === 'accept') return { action: 'accept', edits: verdict.edits ?? [] }
  const text = printable(verdict.text) || 'content not acceptable'
  const status = verdict.status ?? NOT_AUTHORIZED
  const action = actionFor(verdict.action, policy, onReject)
  if (action === 'accept') return tagged(filter, 'not judged, the message is unscannable')
  if (action === 'tag') return tagged(filter, `${verdict.action}, ${text}`, verdict.edits)
  return { action, text, status }
}

/** What the operator wants done with mail of which a filter says this. */
function actionFor(said: Refusal['action'], policy: Policy, onReject: OnReject): OutcomeAction | 'tag' {
  if (said === 'defer') return 'defer'
  if (said === 'quarantine') return policy.onQuarantine
  if (said === 'unscannable') return policy.onUnscannable
  return policy.onReject ?? onReject
}

/** The message goes on with the runner's field on top, and below it the filter's edits. */
function tagged({ name }: ConfiguredFilter, note: string, edits: readonly HeaderEdit[] = []): AcceptDecision {
  return { action: 'accept', edits: [...edits, { add: STATUS_FIELD, value: `${name}; ${note}` }] }
}

/** Errors of which the filter's own check can say more: it finds out why its scanner does not answer. */
const ASKABLE: ReadonlySet<string> = new Set<ErrorCode>(['SCANNER_PROTOCOL', 'SCANNER_UNREACHABLE'])

/** The result of a filter, for the log. */
export function reportOf({ name, filter }: ConfiguredFilter, result: FilterResult, milliseconds: number): Report {
  if ('skipped' in result) return { name, action: 'skipped', milliseconds: 0 }
  if ('error' in result) {
    const description = describeError(result.error)
    const askable = filter.check !== undefined && ASKABLE.has(description.code ?? '')
    return { name, action: 'error', milliseconds, ...description, ...(askable && { askable }) }
  }
  const { verdict } = result
  if (verdict.action === 'accept') return { name, action: 'accept', milliseconds }
  return { name, action: verdict.action, milliseconds, text: printable(verdict.text) }
}

/** A filter may throw anything, also an object whose members throw when they are read. */
function describeError(error: unknown): { readonly text: string; readonly code?: string } {
  try {
    const { message, code } = Object(error) as { readonly message?: unknown; readonly code?: unknown }
    const text = printable(String(message ?? error))
    return typeof code === 'string' ? { text, code: printable(code) } : { text }
  } catch {
    return { text: 'what was thrown cannot be printed' }
  }
}
