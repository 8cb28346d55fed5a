import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageIdOf } from '../../src/message/header-block.js'
import { receive } from '../../src/message/spool.js'
import { chunks, scratch } from '../support.js'

async function idIn(message: string): Promise<string | undefined> {
  const spool = await receive(chunks(message), { directory: scratch(), memory: 1_000_000 })
  try {
    return await messageIdOf(spool)
  } finally {
    await spool.close()
  }
}

test.each([
  ['Message-ID: <a@b>\r\n\r\n', '<a@b>'],
  ['Subject: x\r\nmessage-id:<a@b>  \r\nTo: y\r\n\r\nbody', '<a@b>'],
  ['Message-ID:\r\n <a@b>\r\n\r\n', '<a@b>'],
  ['Message-ID: <first@b>\r\nMessage-ID: <second@b>\r\n\r\n', '<first@b>'],
  ['Message-ID:\r\nSubject: x\r\n\r\n', undefined],
  ['Subject: x\r\n\r\nMessage-ID: <in@the.body>\r\n', undefined],
  ['X-Message-ID: <a@b>\r\n\r\n', undefined],
  ['', undefined],
])('of %j it is %j', async (message, expected) => {
  expect(await idIn(message)).toBe(expected)
})

test('the time for any header block is that of reading it once', () => {
  const words = fc.constantFrom('message-id', 'Message-ID:', ' ', '\t', '\r\n', '\r', '\n', 'x', '<', '>'.repeat(100))
  return fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 50 }), fc.nat(2_000), async (parts, blanks) => {
      const before = process.cpuUsage().user
      const found = await idIn(`Message-ID: x${' '.repeat(blanks * 10)}y${parts.join('')}`)
      expect(found).toMatch(/^x/)
      expect(process.cpuUsage().user - before).toBeLessThan(200_000)
    }),
    { numRuns: 50 },
  )
})
