/** Reads the policy that an operator writes at the top of a drop-in, and again in the rules for recipients. */
import { ON_ERROR, ON_QUARANTINE, ON_REJECT, ON_UNSCANNABLE, type Policy } from '../chain/policy.js'
import type { Section } from './section.js'

/** The keys of a policy in a drop-in. */
export const POLICY_KEYS = ['timeout', 'max_size', 'on_error', 'on_reject', 'on_quarantine', 'on_unscannable'] as const

/** The policy of a filter for which the operator sets nothing. A script always has it. */
export const DEFAULT_POLICY: Policy = {
  timeout: 60_000,
  onError: 'defer',
  onQuarantine: 'quarantine',
  onUnscannable: 'quarantine',
}

/** Reads the policy from a table. A key that is not there has the value of `preset`. */
export function readPolicy(section: Section, preset: Policy): Policy {
  const maxSize = section.size('max_size') ?? preset.maxSize
  const onReject = section.choice('on_reject', ON_REJECT, preset.onReject)
  return {
    timeout: section.duration('timeout', preset.timeout),
    ...(maxSize === undefined ? {} : { maxSize }),
    onError: section.choice('on_error', ON_ERROR, preset.onError),
    ...(onReject === undefined ? {} : { onReject }),
    onQuarantine: section.choice('on_quarantine', ON_QUARANTINE, preset.onQuarantine),
    onUnscannable: section.choice('on_unscannable', ON_UNSCANNABLE, preset.onUnscannable),
  }
}
