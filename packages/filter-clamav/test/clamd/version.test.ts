import { expect, test } from 'vitest'
import { parseVersion } from '../../src/clamd/version.js'

test('engine, number and date of the signatures are read', () => {
  expect(parseVersion('ClamAV 1.4.6/27821/Fri Nov 20 08:30:00 2026')).toEqual({
    engine: '1.4.6',
    signatures: { version: 27821, date: new Date(2026, 10, 20, 8, 30, 0) },
  })
  expect(parseVersion('ClamAV 0.103.8/26832/Wed Mar  8 08:27:59 2023')?.signatures?.date).toEqual(
    new Date(2023, 2, 8, 8, 27, 59),
  )
})

test.each([
  ['ClamAV 1.4.6', '1.4.6'],
  ['ClamAV 1.5.0-rc/1/yesterday', '1.5.0-rc'],
  ['ClamAV 1.5.0/1/2026-11-20', '1.5.0'],
])('%s has an engine and no date', (text, engine) => {
  expect(parseVersion(text)).toEqual({ engine })
})

test.each(['', 'PONG', 'ClamAV ', 'SomeAV 1/2/Fri Nov 20 08:30:00 2026', 'ClamAV 1/x/y'])(
  '%j is no version',
  (text) => {
    expect(parseVersion(text)).toBeUndefined()
  },
)
