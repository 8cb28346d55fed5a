import { createServer, Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Fault, type Sink, startSink } from '../../../../test/kit/sink.js'
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

test('lines are sent as the bytes that they are', async () => {
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

test('a message whose end was not sent is not accepted', async () => {
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
  expect(write).toHaveBeenCalledTimes(2)
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

test.each([SIZE - 1, SIZE + 1, 0])(
  'a chunk that is not of the %i bytes that were announced is not sent',
  async (size) => {
    const { client, sink } = await start()
    await begin(client)
    await expect(client.chunk(chunks(...CHUNKS), size)).rejects.toThrow(`not ${size} bytes long`)
    client.abort('given up')
    expect(sink.count).toBe(0)
  },
)

test('when the server closes the connection, every wait fails and the client cannot be used any more', async () => {
  const { client, sink } = await start()
  sink.fail({ at: 'mail', answer: 'close' })
  expect(client.usable).toBe(true)
  client.send('MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>')
  const replies = await Promise.allSettled([client.reply(), client.reply()])
  expect(replies.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(client.usable).toBe(false)
})

test('an unsolicited reply is not taken for the answer to a later command', async () => {
  const { client, sink } = await start()
  sink.fail({ at: 'mail', answer: '250 2.1.0 Ok\r\n421 4.4.2 timeout' as Fault })
  expect((await client.command('MAIL FROM:<a@example.com>')).code).toBe(250)
  await expect.poll(() => client.usable).toBe(false)
  await expect(client.command('NOOP')).rejects.toThrow('said, without being asked: 421 4.4.2 timeout')
})

interface Speaker {
  readonly client: SmtpClient
  heard(): string
  say(text: string): void
  /** Stops reading. */
  pause(): void
}

/** A server that sends what the test tells it, when the test tells it. */
async function startSpeaker(timeout = 20_000): Promise<Speaker> {
  const path = join(scratch(), 'speaker')
  let heard = ''
  let socket: Socket | undefined
  const server = createServer((connection) => {
    socket = connection.on('error', () => {})
    connection.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
    })
    connection.write('220 speaker\r\n')
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const client = SmtpClient.connect({ path }, { timeout })
  onTestFinished(() => {
    client.close()
    socket?.destroy()
    server.close()
  })
  await client.reply()
  return {
    client,
    heard: () => heard,
    say: (text) => void socket?.write(text, 'latin1'),
    pause: () => void socket?.pause(),
  }
}

/** Content in the middle of which the server says something. */
async function* interrupted(client: SmtpClient, say: () => void): AsyncGenerator<Uint8Array> {
  yield Buffer.from('Subject: x\r\n\r\n')
  say()
  await expect.poll(() => client.usable).toBe(false)
  yield Buffer.from('body\r\n')
}

test.each(['250 2.0.0 Ok: kept', '552 5.3.4 too big', '421 4.3.2 closing'])(
  'a server that says %j before the end of a message is not told the end',
  async (line) => {
    const { client, say, heard } = await startSpeaker()
    const say354 = client.command('DATA')
    say('354 go on\r\n')
    await say354
    await expect(client.data(interrupted(client, () => say(`${line}\r\n`)))).rejects.toThrow(line)
    expect(heard()).not.toContain('\r\n.\r\n')
  },
)

test.each(['data', 'chunk'] as const)('the end of %s is not sent once the server has answered', async (by) => {
  const { client, say, heard } = await startSpeaker()
  const end = by === 'data' ? await client.data(chunks('Subject: x\r\n')) : await client.chunk(chunks('x\r\n'), 3)
  say('250 2.0.0 Ok: kept\r\n')
  await expect.poll(() => client.usable).toBe(false)
  await expect(end()).rejects.toThrow('without being asked')
  expect(heard()).toBe('')
})

test('a server that answers without reading the message has not accepted it', async () => {
  const { client, say, pause } = await startSpeaker()
  pause()
  const end = await client.chunk(chunks(Buffer.alloc(8_000_000)), 8_000_000)
  const answer = end().catch((error: Error) => error.message)
  say('250 2.0.0 Ok: kept\r\n')
  expect(await answer).toContain('answered a message before it had all of it: 250 2.0.0 Ok: kept')
})

test('a message that is refused before all of it was read is not sent on, since its bytes may change then', async () => {
  const { client, say, pause } = await startSpeaker()
  pause()
  const end = await client.chunk(chunks(Buffer.alloc(8_000_000)), 8_000_000)
  const answer = end()
  say('552 5.3.4 too big\r\n')
  expect((await answer).code).toBe(552)
  await expect(client.reply()).rejects.toThrow('did not read the whole message')
})

test.each([
  ['a reply without end', '250-more\r\n', 'a reply of more than 65536 bytes'],
  ['a line without end', 'x'.repeat(1000), 'a reply line of more than 4096 bytes'],
  ['something else', '\0\r\n', 'no SMTP reply'],
])('a server that says %s is let go, with no more memory than the limit', async (_, part, why) => {
  const { client, say } = await startSpeaker()
  const answer = client.command('NOOP').catch((error: Error) => error.message)
  for (let n = 0; n < 10_000; n++) say(part)
  expect(await answer).toContain(`does not speak SMTP: ${why}`)
})

test('a server that sends a reply byte by byte is waited for no longer than one that is silent', async () => {
  const timeout = 20_000
  const { client, say, heard } = await startSpeaker(timeout)
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const answer = client.command('NOOP').catch((error: Error) => error.message)
  const drip = setInterval(() => say('250-x\r\n'), 50)
  onTestFinished(() => clearInterval(drip))
  await expect.poll(heard).toBe('NOOP\r\n')
  vi.advanceTimersByTime(timeout + 1)
  expect(await answer).toContain('did not answer in time')
})

test('a connection that nobody listens to fails', async () => {
  const client = SmtpClient.connect({ path: join(scratch(), 'nobody') })
  await expect(client.reply()).rejects.toThrow(/ENOENT/)
})
