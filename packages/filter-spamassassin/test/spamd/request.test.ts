import { collect } from '@candy/sdk'
import { anyChunking } from '@candy/sdk/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstBytes, printHead } from '../../src/spamd/request.js'

test('a head has the command line, the headers and an empty line', () => {
  const body = { length: 12, open: () => anyChunking(new Uint8Array(12)) }
  expect(printHead({ command: 'SYMBOLS', headers: { User: 'jörg' }, body })).toBe(
    'SYMBOLS SPAMC/1.5\r\nUser: jörg\r\nContent-length: 12\r\n\r\n',
  )
  expect(printHead({ command: 'PING' })).toBe('PING SPAMC/1.5\r\n\r\n')
})

test.each(['a\r\nSet: local', 'a\nb', 'a\0'])('a user %j cannot add a header', (user) => {
  expect(() => printHead({ command: 'TELL', headers: { User: user } })).toThrow('control characters')
})

test('a body is exactly its length, whatever the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 50 }),
      fc.array(fc.nat(9), { maxLength: 4 }),
      fc.nat(60),
      async (bytes, sizes, length) => {
        const sent = collect(firstBytes({ length, open: () => anyChunking(bytes, sizes) }))
        if (length > bytes.length) await expect(sent).rejects.toThrow('before its size')
        else expect(await sent).toEqual(bytes.slice(0, length))
      },
    ),
  )
})

test('a body that is cut ends the reading of its source', async () => {
  let ended = false
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(10)
    } finally {
      ended = true
    }
  }
  expect((await collect(firstBytes({ length: 25, open: source }))).length).toBe(25)
  expect(ended).toBe(true)
})
