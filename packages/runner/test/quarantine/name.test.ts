import { expect, test } from 'vitest'
import { isName, makeName, namesMeant, timeOf } from '../../src/quarantine/name.js'

test('the time in a name is that of the record, to the second', () => {
  const time = '2026-01-02T03:04:05.678Z'
  const name = makeName({ time, id: '4bXyz/12' })
  expect(name).toBe('20260102T030405Z-4bXyz12')
  expect(timeOf(name)).toBe(Date.parse('2026-01-02T03:04:05Z'))
  expect(timeOf(`${name}-2`)).toBe(timeOf(name))
})

test.each(['', 'x', '.20260102T030405Z-A', '20260102T030405Z-', '20260102T030405Z-A/B', '20261302T030405Z-A', 'A\n'])(
  '%j is no name of a message',
  (name) => expect(isName(name)).toBe(false),
)

const NAMES = [
  '20260102T030405Z-4bX',
  '20260102T030405Z-4bX-2',
  '20260102T030406Z-4bY',
  '20260103T000000Z-candy0f3a',
  'odd',
]

test.each([
  ['20260102T030405Z-4bX', [NAMES[0]]],
  ['20260102T030405Z-4bX-2', [NAMES[1]]],
  ['20260102T030405Z', [NAMES[0], NAMES[1]]],
  ['20260103', [NAMES[3]]],
  ['4bX', [NAMES[0], NAMES[1]]],
  ['4bY', [NAMES[2]]],
  ['4b', [NAMES[0], NAMES[1], NAMES[2]]],
  ['candy-0f3a', [NAMES[3]]],
  ['odd', ['odd']],
  ['', []],
  ['/', []],
  ['5', []],
])('%j means %j', (typed, meant) => expect(namesMeant(typed, NAMES)).toEqual(meant))
