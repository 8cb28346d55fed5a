import { expect, test } from 'vitest'
import { scalingFor } from '../../src/service/scaling.js'

test.each([
  ['nobody takes mail', [], 1, 0],
  ['the only one is silent', [{ utilization: 0, silence: 2_500 }], 1, 0],
  ['the only one is busy', [{ utilization: 0.8, silence: 0 }], 1, 3_000],
  ['the only one has time', [{ utilization: 0.7, silence: 0 }], 0, 0],
  [
    'one is silent and the other busy',
    [
      { utilization: 0, silence: 9_000 },
      { utilization: 1, silence: 0 },
    ],
    1,
    3_000,
  ],
  [
    'one is busy and the other has time',
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
    'three have what two can do',
    [
      { utilization: 0.2, silence: 0 },
      { utilization: 0.2, silence: 0 },
      { utilization: 0.3, silence: 0 },
    ],
    -1,
    60_000,
  ],
] as const)('%s', (_, workers, by, after) => {
  expect(scalingFor(workers)).toEqual({ by, after })
})
