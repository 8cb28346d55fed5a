/** Which mail is mapped nowhere because of a `no_address_mappings` that another filter has left, and what `candy enable` says of it. */
import { expect, test } from 'vitest'
import { editsToEnable } from '../../src/postfix/enable-edits.js'
import type { Mode } from '../../src/postfix/mode.js'
import { enableRequest } from './request.js'
import { type Given, instanceOf, readShape } from './shapes.js'

const MASTER = `smtp inet n - y - - smtpd
submission inet n - y - - smtpd
pickup unix n - y 60 1 pickup
cleanup unix n - y - 0 cleanup
`
const LEFT = { receive_override_options: 'no_address_mappings', virtual_alias_maps: 'hash:/etc/postfix/virtual' }

function warningOf(mode: Mode, given: Given, more = {}): string | undefined {
  const { warnings, refusals } = editsToEnable(
    instanceOf({ master: MASTER, ...given }),
    enableRequest(mode, more),
    undefined,
  )
  expect(refusals).toEqual([])
  return warnings.find((text) => text.includes('no_address_mappings'))
}

test.each([
  // It comes back by candy-in, which has options of its own.
  ['smtp', { submission: true }, undefined],
  ['smtp', {}, 'submission/inet (line 2)'],
  ['pipe', { submission: true }, undefined],
  ['pipe', { submission: true, pickup: false, reinjectsByPickup: true }, 'pickup/unix (line 3)'],
  ['smtp-before', { submission: true }, 'pickup/unix (line 3), candy-in-before/unix'],
  ['milter', { submission: true }, 'smtp/inet (line 1), submission/inet (line 2), pickup/unix (line 3)'],
] as const)('in mode %s, %o: %s', (mode, choice, services) => {
  const warning = warningOf(mode, { parameters: LEFT }, choice)
  if (services === undefined) expect(warning).toBeUndefined()
  else expect(warning).toContain(`no_address_mappings for ${services}: virtual_alias_maps has no effect on that mail`)
})

test('nothing is said where nothing would be mapped, or another filter hands the mail back', () => {
  expect(warningOf('milter', { parameters: { ...LEFT, virtual_alias_maps: '' } })).toBeUndefined()
  const elsewhere = { ...LEFT, content_filter: 'amavis:[127.0.0.1]:10024' }
  expect(warningOf('milter', { parameters: elsewhere })).toBeUndefined()
})

test('an option of a service of its own counts in mode milter', () => {
  const master = readShape('debian.master.cf').replace(
    /^smtp +inet.*\n/m,
    '$&  -o receive_override_options=no_address_mappings\n',
  )
  const parameters = { canonical_maps: 'hash:/etc/postfix/canonical', always_bcc: 'archive@example.com' }
  expect(warningOf('milter', { master, parameters })).toContain(
    'canonical_maps, always_bcc have no effect on that mail',
  )
})
