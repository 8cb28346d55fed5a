/** Pipe mode without filters: what comes out is what went in, for everything that Postfix hands over. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { expectLastLineEnded, expectUnchanged } from '../kit/fidelity.js'
import { MAILS } from '../kit/unusual-mail.js'

describe.each(['sendmail', 'candy-in'] as const)('by way of %s', (reinject) => {
  let testBed: CandyTestBed
  beforeAll(async () => {
    testBed = await startCandy({ reinject, main: { allow_min_user: 'yes' } })
  })
  afterAll(() => testBed.stop())

  test.each(Object.entries(MAILS))('%s', (_, mail) => expectUnchanged(testBed, mail))

  test('a last line that does not end', () => expectLastLineEnded(testBed))
})
