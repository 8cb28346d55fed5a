/**
 * Clients that no mail system is, against a real `candy serve`: random bytes, dialogs that are nearly right, clients that
 * are slow, do not read, hang up or close one half. Nothing may crash, no session may stay, and between them honest mail
 * must pass. The seed stands in the name of the test. `CANDY_SOAK=1` goes on for minutes.
 */
import { readdir, readlink } from 'node:fs/promises'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Address, connect } from '../kit/client.js'
import { SEED } from '../kit/seed.js'
import { type Service, startService } from '../kit/service.js'
import { soaking } from '../kit/soak.js'
import { until } from '../kit/waiting.js'

/** Milliseconds for each of the two ways to be connected. */
const TIME = soaking ? 180_000 : 9_000

/** Clients at the same time. */
const CLIENTS = 100

/** Milliseconds that the service lets a client be silent. */
const IDLE = 2_000

const command = fc.constantFrom(
  'LHLO mx.example.test\r\n',
  'EHLO mx.example.test\r\n',
  'HELO x\r\n',
  'XFORWARD NAME=x ADDR=192.0.2.1\r\n',
  'XFORWARD IDENT=+2B+zz PROTO\r\n',
  'MAIL FROM:<a@example.com>\r\n',
  'MAIL FROM:<a@example.com> SIZE=99999999999 BODY=8BITMIME\r\n',
  'MAIL FROM:<"a>b"@example.com\r\n',
  'RCPT TO:<b@example.net>\r\n',
  'RCPT TO:<>\r\nRCPT\r\n',
  'DATA\r\n',
  'BDAT 5 LAST\r\nhello',
  'RSET\r\n',
  'NOOP\r\n',
  'STARTTLS\r\n',
  'QUIT\r\n',
  '\r\n',
  `NOOP ${'x'.repeat(5_000)}\r\n`,
)

const content = fc.constantFrom(
  '.\r\n',
  '\r\n.\r\n',
  '\n.\n',
  '\r.\r',
  '..\r\n',
  'Subject: x\r\n\r\n',
  'x'.repeat(70_000),
)

const transaction = fc.constant(
  'LHLO x\r\nEHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: whole\r\n\r\nwhole\r\n.\r\n',
)

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('latin1'))

/** What a client says at once, and how many milliseconds later it goes on. */
const part = fc.record({
  text: fc.oneof(
    { weight: 6, arbitrary: command },
    { weight: 3, arbitrary: content },
    { weight: 1, arbitrary: transaction },
    { weight: 2, arbitrary: bytes },
  ),
  pause: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) }),
})

const behaviour = fc.record({
  parts: fc.array(part, { maxLength: 25 }),
  slow: fc.boolean(),
  reads: fc.boolean(),
  end: fc.constantFrom('hang up', 'reset', 'close one half', 'fall silent'),
})

type Behaviour = typeof behaviour extends fc.Arbitrary<infer B> ? B : never

/** Behaves so; comes back when the connection has ended, which it must. */
async function behave(address: Address, { parts, slow, reads, end }: Behaviour): Promise<void> {
  const place = typeof address === 'number' ? { port: address, host: '127.0.0.1' } : { path: address }
  const socket = connectSocket({ ...place, allowHalfOpen: true })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.once('end', () => socket.end())
  if (reads) socket.resume()
  for (const { text, pause } of parts) {
    if (!socket.writable) break
    const said = Buffer.from(text, 'latin1')
    if (slow && said.length < 60) for (const byte of said) await say(socket, Uint8Array.of(byte))
    else socket.write(said)
    if (pause > 0) await sleep(pause)
  }
  if (end === 'hang up') socket.destroy()
  else if (end === 'reset') reset(socket, address)
  else if (end === 'close one half') socket.end()
  socket.resume()
  await closed
}

function reset(socket: Socket, address: Address): void {
  if (typeof address === 'number') socket.resetAndDestroy()
  else socket.destroy()
}

async function say(socket: Socket, byte: Uint8Array): Promise<void> {
  socket.write(byte)
  await new Promise(setImmediate)
}

/** Open sockets and pipes of the workers. */
async function descriptors(service: Service): Promise<number> {
  const counts = service.workers().map(async (pid) => {
    const names = await readdir(`/proc/${pid}/fd`)
    const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
    return targets.filter((target) => /^(?:socket|pipe):/.test(target)).length
  })
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}

const MAIL = { sender: 'a@example.com', recipients: ['honest@example.net'], bytes: 'Subject: honest\r\n\r\nmail\r\n' }

/** Honest mail: a session of one message. */
async function send(address: Address, hello: string): Promise<number> {
  await using client = await connect(address)
  await client.expect(`${hello} mx.example.test`)
  const { code } = await client.send(MAIL)
  await client.quit()
  return code
}

test.for(['smtp', 'smtp-before'] as const)(
  `in mode %s, with seed ${SEED}`,
  { timeout: TIME + 120_000 },
  async (mode, { annotate }) => {
    // A UNIX socket has no reset, a port has.
    await using service = await startService({
      workers: 2,
      mode,
      tcp: mode === 'smtp-before',
      smtp: [`idle = "${IDLE}ms"`, 'deadline = "10s"'],
    })
    const { sink, address } = service
    const hello = mode === 'smtp' ? 'LHLO' : 'EHLO'
    const workers = service.workers()
    const idle = await descriptors(service)
    let dialogs = 0
    let honest = 0
    for (const end = Date.now() + TIME; Date.now() < end; honest += 1) {
      const behaviours = fc.sample(behaviour, { seed: SEED + honest, numRuns: CLIENTS })
      await Promise.all(behaviours.map((one) => behave(address, one)))
      expect(await send(address, hello)).toBe(250)
      dialogs += CLIENTS
    }
    const { messages } = sink
    expect(messages.filter(({ recipients }) => recipients[0] === 'honest@example.net')).toHaveLength(honest)
    expect(messages.filter(({ recipients }) => recipients.length === 0)).toEqual([])
    expect(service.workers()).toEqual(workers)
    expect(await service.log()).not.toMatch(/uncaught|unhandled|: warning warning=|session failed|died|hangs/)
    await until('the end of every session', async () => (await descriptors(service)) <= idle)
    await annotate(`${dialogs} dialogs, ${messages.length} messages`)
  },
)
