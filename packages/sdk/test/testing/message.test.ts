import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { collect } from '../../src/index.js'
import { message } from '../../src/testing/index.js'

const text = async (bytes: AsyncIterable<Uint8Array>) => Buffer.from(await collect(bytes)).toString('latin1')

test('text becomes UTF-8 with CRLF line ends', async () => {
  const mail = message('Subject: é\nX: 1\r\n\nhello\n')
  expect(await text(mail.open())).toBe('Subject: \xc3\xa9\r\nX: 1\r\n\r\nhello\r\n')
  expect(mail.size).toBe(28)
})

test('bytes and files are not changed', async () => {
  expect(await text(message(Uint8Array.of(10, 255)).open())).toBe('\n\xff')
  const file = new URL('../fixtures/header/06-odd-bytes-stay.eml', import.meta.url)
  expect(await text(message(file).open())).toBe(readFileSync(file, 'latin1'))
})

test('headers gives the header block without the empty line that ends it', async () => {
  const block = async (source: string) => Buffer.from(await message(source).headers()).toString()
  expect(await block('A: 1\nB: 2\n 3\n\nbody: 4\n')).toBe('A: 1\r\nB: 2\r\n 3\r\n')
  expect(await block('\nbody\n')).toBe('')
  expect(await block('')).toBe('')
})

test('members that are left out have defaults, and members that are given are kept', () => {
  expect(message('')).toMatchObject({
    id: 'TEST',
    envelope: { sender: 'sender@example.com', recipients: ['recipient@example.com'] },
  })
  const client = { address: '192.0.2.1' }
  expect(message('', { id: '4Zx', envelope: { sender: '', client } })).toMatchObject({
    id: '4Zx',
    envelope: { sender: '', recipients: ['recipient@example.com'], client },
  })
})

test('it may be read several times at once, and nothing that a reader does to a chunk shows', async () => {
  const mail = message('A: 1\n\nbody\n', { chunks: [3] })
  const first = mail.open()[Symbol.asyncIterator]()
  const chunk: Uint8Array = (await first.next()).value
  chunk.fill(0)
  ;(await mail.headers()).fill(0)
  expect(await text(mail.open())).toBe('A: 1\r\n\r\nbody\r\n')
  expect(Buffer.from(await mail.headers()).toString()).toBe('A: 1\r\n')
})

test('it cannot be changed', () => {
  const mail = message('')
  expect(Object.isFrozen(mail) && Object.isFrozen(mail.envelope) && Object.isFrozen(mail.envelope.recipients)).toBe(
    true,
  )
})
