/** The policy as an operator writes it: at the top of a drop-in, and again for some recipients. */
import { ON_ERROR, ON_QUARANTINE, ON_REJECT, ON_UNSCANNABLE, type Policy } from '../chain/policy.js'
import type { Section } from './section.js'

/** Keys of a policy. */
export const POLICY_KEYS = ['timeout', 'max_size', 'on_error', 'on_reject', 'on_quarantine', 'on_unscannable'] as const

/** What holds for a filter of which the operator wrote nothing, a script above all. */
export const DEFAULT_POLICY: Policy = {
  timeout: 60_000,
  onError: 'defer',
  onQuarantine: 'quarantine',
  onUnscannable: 'quarantine',
}

/** What a table says, and `preset` where it says nothing. */
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
