/** Pipe mode without filters: what comes out is what went in, for everything that Postfix hands over. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { expectLastLineEnded, expectUnchanged } from '../kit/fidelity.js'
import { startHandover } from '../kit/handover.js'
import { MAILS } from '../kit/unusual-mail.js'

const main = { allow_min_user: 'yes' }

describe.each([
  ['by way of sendmail', () => startCandy({ reinject: 'sendmail', main })],
  ['by way of candy-in', () => startCandy({ main })],
  ['by way of candy serve', () => startHandover({ workers: 1, main })],
] as const)('%s', (_, start) => {
  let testBed: CandyTestBed
  beforeAll(async () => {
    testBed = await start()
  })
  afterAll(() => testBed.stop())

  test.each(Object.entries(MAILS))('%s', (_, mail) => expectUnchanged(testBed, mail))

  test('a last line that does not end', () => expectLastLineEnded(testBed))
})
