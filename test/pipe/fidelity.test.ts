/** Pipe mode without filters: what comes out is what went in, for everything that Postfix hands over. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type CandyGround, startCandy } from '../ground/candy.js'
import { expectLastLineEnded, expectUnchanged } from '../ground/fidelity.js'
import { LETTERS } from '../ground/letters.js'

describe.each(['sendmail', 'candy-in'] as const)('by way of %s', (reinject) => {
  let ground: CandyGround
  beforeAll(async () => {
    ground = await startCandy({ reinject, main: { allow_min_user: 'yes' } })
  })
  afterAll(() => ground.stop())

  test.each(Object.entries(LETTERS))('%s', (_, letter) => expectUnchanged(ground, letter))

  test('a last line that does not end', () => expectLastLineEnded(ground))
})
