/** How many workers take mail, depending on what those that do report: `utilization`, and `silence` in milliseconds. */
import { expect, test } from 'vitest'
import { scalingFor } from '../../src/service/scaling.js'

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
  expect(scalingFor(workers)).toEqual({ by, after })
})
