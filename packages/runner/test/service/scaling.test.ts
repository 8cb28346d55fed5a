/** How many workers take mail, depending on what those that do report: `utilization`, and `silence` in milliseconds. */
import { expect, test } from 'vitest'
import { scalingFor } from '../../src/service/scaling.js'

const calm = { utilization: 0.1, silence: 0 }
const busy = { utilization: 0.9, silence: 0 }

test.each([
  ['no worker takes mail', [], 1, 0],
  ['the only one has stopped reporting', [{ utilization: 0, silence: 2_500 }], 1, 0],
  ['the only one is busy', [{ utilization: 0.8, silence: 0 }], 1, 3_000],
  ['the only one is not busy', [{ utilization: 0.7, silence: 0 }], 0, 0],
  [
    'one has stopped reporting and the other is busy',
    [
      { utilization: 0, silence: 9_000 },
      { utilization: 1, silence: 0 },
    ],
    1,
    3_000,
  ],
  [
    'one is busy and the other is not',
    [
      { utilization: 1, silence: 0 },
      { utilization: 0.1, silence: 0 },
    ],
    0,
    0,
  ],
  [
    'both have little to do',
    [
      { utilization: 0.1, silence: 0 },
      { utilization: 0.2, silence: 0 },
    ],
    -1,
    60_000,
  ],
  [
    'two could do the work of three',
    [
      { utilization: 0.2, silence: 0 },
      { utilization: 0.2, silence: 0 },
      { utilization: 0.3, silence: 0 },
    ],
    -1,
    60_000,
  ],
] as const)('when %s', (_, workers, by, after) => {
  expect(scalingFor(workers, 0)).toEqual({ by, after })
})

test('while a worker is retiring no other is retired, and one more still takes mail', () => {
  expect(scalingFor([calm, calm], 1)).toEqual({ by: 0, after: 0 })
  expect(scalingFor([busy, busy], 1)).toEqual({ by: 1, after: 3_000 })
})
