/** With which status `candy doctor` ends. */
import { expect, test } from 'vitest'
import { statusOf } from '../../src/cli/findings.js'
import type { Finding } from '../../src/doctor/finding.js'

const WELL: Finding = { check: 'postfix', state: 'well', what: 'it runs', meaning: '', remedy: [] }
const AILING: Finding = { ...WELL, check: 'queue', state: 'ailing' }
const UNKNOWN: Finding = { ...WELL, check: 'deferred', state: 'unknown' }
const DISABLED: Finding = { ...AILING, check: 'lines', urgent: true, disabled: true }

test.each([
  [0, [WELL]],
  [1, [WELL, UNKNOWN, AILING]],
  [2, [WELL, UNKNOWN]],
  [3, [WELL, DISABLED]],
  [1, [DISABLED, AILING]],
  [1, [DISABLED, UNKNOWN]],
])('%i, where candy that is not enabled hides nothing else', (status, findings) => {
  expect(statusOf(findings)).toBe(status)
})
