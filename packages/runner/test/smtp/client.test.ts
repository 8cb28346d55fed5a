import { Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Sink, startSink } from '../../../../test/ground/sink.js'
import { SmtpClient } from '../../src/smtp/client.js'
import { chunks, scratch } from '../support.js'

async function start(): Promise<{ client: SmtpClient; sink: Sink }> {
  const path = join(scratch(), 'sink')
  const sink = await startSink({ path })
  onTestFinished(() => sink.stop())
  const client = SmtpClient.connect({ path })
  onTestFinished(() => client.close())
  expect((await client.reply()).code).toBe(220)
  return { client, sink }
}

async function begin(client: SmtpClient): Promise<void> {
  client.sendLines([Buffer.from('MAIL FROM:<a\xff@example.com>', 'latin1'), Buffer.from('RCPT TO:<b@example.com>')])
  expect((await client.reply()).code).toBe(250)
  expect((await client.reply()).code).toBe(250)
}

async function ready(client: SmtpClient): Promise<void> {
  await begin(client)
  expect((await client.command('DATA')).code).toBe(354)
}

test('lines go out as the bytes they are', async () => {
  const { client, sink } = await start()
  await ready(client)
  const end = await client.data(chunks('Subject: x\r\n\r\n', '.dot\r\n'))
  expect((await end()).code).toBe(250)
  expect(sink.messages[0]?.mail).toEqual(Buffer.from('MAIL FROM:<a\xff@example.com>', 'latin1'))
  expect(sink.messages[0]?.bytes.toString()).toBe('Subject: x\r\n\r\n.dot\r\n')
})

test('a message of many chunks arrives whole', async () => {
  const { client, sink } = await start()
  await ready(client)
  const part = `${'x'.repeat(70)}\r\n`.repeat(2000)
  const end = await client.data(chunks(...Array.from({ length: 30 }, () => part)))
  expect((await end()).code).toBe(250)
  expect(sink.messages[0]?.bytes.length).toBe(part.length * 30)
})

test('a message whose end was not said is not taken', async () => {
  const { client, sink } = await start()
  await ready(client)
  await client.data(chunks('Subject: x\r\n\r\n', 'body\r\n'))
  client.abort('given up')
  await expect(client.reply()).rejects.toThrow('given up')
  expect(sink.count).toBe(0)
})

const CHUNKS = ['', '.\r\n', '\r\n.\r\nRSET\r\n', '', 'x'.repeat(200_000), '\r\n', ''] as const
const SIZE = CHUNKS.join('').length

test('a chunk goes out as the bytes it is', async () => {
  const { client, sink } = await start()
  await begin(client)
  const end = await client.chunk(chunks(...CHUNKS), SIZE)
  expect((await end()).code).toBe(250)
  expect(sink.messages[0]?.bytes.toString()).toBe(CHUNKS.join(''))
  expect(sink.messages[0]?.transcript.at(-1)?.toString()).toBe(`BDAT ${SIZE} LAST`)
})

test('many small pieces go out together, and never too many', async () => {
  const { client, sink } = await start()
  await begin(client)
  const pieces = Array.from({ length: 300 }, (_, n) => `${n}`.padEnd(1000, 'x'))
  const write = vi.spyOn(Socket.prototype, 'uncork')
  onTestFinished(() => write.mockRestore())
  const end = await client.chunk(chunks(...pieces), 300_000)
  expect((await end()).code).toBe(250)
  expect(write).toHaveBeenCalledTimes(5)
  expect(sink.messages[0]?.bytes.toString()).toBe(pieces.join(''))
})

test('a chunk without bytes is a message, too', async () => {
  const { client, sink } = await start()
  await begin(client)
  expect((await (await client.chunk(chunks(), 0))()).code).toBe(250)
  expect(sink.messages[0]?.bytes.length).toBe(0)
})

test('a chunk whose end was not said is not taken', async () => {
  const { client, sink } = await start()
  await begin(client)
  await client.chunk(chunks(...CHUNKS), SIZE)
  client.abort('given up')
  await expect(client.reply()).rejects.toThrow('given up')
  expect(sink.count).toBe(0)
})

test.each([SIZE - 1, SIZE + 1, 0])('a chunk that was said to be of %i bytes and is not is not sent', async (size) => {
  const { client, sink } = await start()
  await begin(client)
  await expect(client.chunk(chunks(...CHUNKS), size)).rejects.toThrow(`not ${size} bytes long`)
  client.abort('given up')
  expect(sink.count).toBe(0)
})

test('a server that hangs up fails every wait, and can be used no more', async () => {
  const { client, sink } = await start()
  sink.fail({ at: 'mail', answer: 'close' })
  expect(client.usable).toBe(true)
  client.send('MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>')
  const replies = await Promise.allSettled([client.reply(), client.reply()])
  expect(replies.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(client.usable).toBe(false)
})

test('a reply that nobody asked for makes the connection unusable, and is the answer to the next command', async () => {
  const { client, sink } = await start()
  sink.fail({ at: 'mail', answer: '421 4.4.2 timeout' })
  client.send('MAIL FROM:<a@example.com>')
  await expect.poll(() => client.usable).toBe(false)
  expect((await client.command('NOOP')).code).toBe(421)
})

test('a connection that nobody listens to fails', async () => {
  const client = SmtpClient.connect({ path: join(scratch(), 'nobody') })
  await expect(client.reply()).rejects.toThrow(/ENOENT/)
})
