import { expect, test } from 'vitest'
import { judgeDuty } from '../../src/service/duty.js'

test.each([
  ['nobody takes mail', [], 1, 0],
  ['the only one is silent', [{ load: 0, silence: 2_500 }], 1, 0],
  ['the only one is busy', [{ load: 0.8, silence: 0 }], 1, 3_000],
  ['the only one has time', [{ load: 0.7, silence: 0 }], 0, 0],
  [
    'one is silent and the other busy',
    [
      { load: 0, silence: 9_000 },
      { load: 1, silence: 0 },
    ],
    1,
    3_000,
  ],
  [
    'one is busy and the other has time',
    [
      { load: 1, silence: 0 },
      { load: 0.1, silence: 0 },
    ],
    0,
    0,
  ],
  [
    'both have little to do',
    [
      { load: 0.1, silence: 0 },
      { load: 0.2, silence: 0 },
    ],
    -1,
    60_000,
  ],
  [
    'three have what two can do',
    [
      { load: 0.2, silence: 0 },
      { load: 0.2, silence: 0 },
      { load: 0.3, silence: 0 },
    ],
    -1,
    60_000,
  ],
] as const)('%s', (_, workers, by, after) => {
  expect(judgeDuty(workers)).toEqual({ by, after })
})
