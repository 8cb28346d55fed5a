import type { Verdict } from '@candy/sdk'
import { contract, message, run, testHost } from '@candy/sdk/testing'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { filter } from '../src/index.js'
import { options } from '../src/options.js'

contract({ test, filter, dropIn: new URL('../filters.d/20-size.toml', import.meta.url) })

const HALF = 512 * 1024

/** The verdict on a message of so many bytes to so many recipients. The limits are half a MiB and one MiB. */
async function judged(size: number, recipients: number): Promise<Verdict> {
  const judging = await filter.create(v.parse(options, { message_limit: '512KiB', total_limit: '1MiB' }), testHost())
  const [first, ...others] = Array.from({ length: recipients }, (_, index) => `r${index}@example.com`)
  const mail = message(Buffer.alloc(size), { envelope: { recipients: [String(first), ...others] } })
  return (await run(judging, mail)).verdict
}

test('a message of exactly the limit passes, and one byte more does not', async () => {
  expect((await judged(HALF, 1)).action).toBe('accept')
  expect(await judged(HALF + 1, 1)).toEqual({ action: 'reject', text: 'larger than 0.5 MiB', status: [2, 3] })
})

test('the recipients count: as much as the total passes, and one recipient more does not', async () => {
  expect((await judged(HALF / 2, 4)).action).toBe('accept')
  expect(await judged(HALF / 2, 5)).toEqual({
    action: 'reject',
    text: 'too large for 5 recipients: send it to 4 at once, or send a link',
    status: [5, 3],
  })
})

test('an empty message to many recipients passes', async () => {
  expect((await judged(0, 1000)).action).toBe('accept')
})

test('one recipient always gets what the first limit lets pass', async () => {
  const judging = await filter.create(v.parse(options, { total_limit: '1B' }), testHost())
  expect((await run(judging, message(Buffer.alloc(HALF)))).verdict.action).toBe('accept')
})

test.each(['25', '25mb', '0MiB', '1.5MiB', '-1MiB', 25])('%j is no size', (size) => {
  expect(v.safeParse(options, { message_limit: size }).issues?.[0].message).toMatch(/unit|not a size|more than 0/)
})

test('a misspelt option is refused', () => {
  expect(v.safeParse(options, { message_limits: '1MiB' }).success).toBe(false)
})
