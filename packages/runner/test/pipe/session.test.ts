/** What the resident runner makes of a message from candy-pipe, with a next hop on a UNIX socket in this process. */
import { mkdirSync, readdirSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Sink, type SinkOptions, startSink } from '../../../../test/kit/sink.js'
import { Chain } from '../../src/chain/chain.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { ConnectionPool } from '../../src/delivery/connection-pool.js'
import { type PipeFront, PipeSession } from '../../src/pipe/session.js'
import { obedient } from '../relay/started-relay.js'
import { type MemoryHistory, type MemoryLog, makeFilter, memoryHistory, memoryLog, scratch } from '../support.js'
import { frame } from './frame.js'

interface Runner {
  readonly sink: Sink
  readonly log: MemoryLog
  readonly history: MemoryHistory
  readonly quarantine: string
  connect(): Promise<Socket>
  /** What the runner answers to these bytes. */
  send(...frames: readonly Uint8Array[]): Promise<string>
}

async function start(
  filters: readonly ConfiguredFilter[] = [],
  { sink: sinkOptions, ...options }: Partial<PipeFront> & { readonly sink?: SinkOptions } = {},
): Promise<Runner> {
  const directory = scratch()
  const quarantine = join(directory, 'quarantine')
  mkdirSync(quarantine)
  const sink = await startSink({ path: join(directory, 'sink'), ...sinkOptions })
  const log = memoryLog()
  const history = memoryHistory()
  const pool = new ConnectionPool()
  const spool = { directory, memory: 100_000 }
  const front: PipeFront = {
    configDirectory: '/etc/postfix',
    nextHop: { path: join(directory, 'sink') },
    pool,
    deadline: 20_000,
    replyTimeout: 20_000,
    idle: 20_000,
    chain: new Chain(filters, { spool, log, onReject: 'quarantine' }),
    spool,
    quarantine,
    log,
    history,
    ...options,
  }
  const path = join(directory, 'socket')
  const server = createServer((socket) => void new PipeSession(socket, front).run())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(async () => {
    server.close()
    pool.close()
    await sink.stop()
  })
  const open = async (): Promise<Socket> => {
    const socket = connect(path)
    await new Promise((resolve) => socket.once('connect', resolve))
    onTestFinished(() => void socket.destroy())
    return socket
  }
  const send: Runner['send'] = async (...frames) => {
    const socket = await open()
    socket.write(Buffer.concat(frames))
    return answerOf(socket)
  }
  return { sink, log, history, quarantine, connect: open, send }
}

async function answerOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}

const ARGUMENTS = ['--id=4F2B', '--client-address=192.0.2.1', '--sender=a@example.com', '--', 'b@example.net']

function message(subject: string, argv: readonly (string | Uint8Array)[] = ARGUMENTS): readonly Buffer[] {
  return [...argv.map((word) => frame('A', word)), frame('B', `Subject: ${subject}\n\nbo`), frame('B', 'dy\n')]
}

test('an accepted message comes back by SMTP, with CRLF, and the connection serves the next one', async () => {
  const { sink, send, history } = await start([obedient], { sink: { keywords: ['PIPELINING', 'XFORWARD ADDR IDENT'] } })
  for (const _ of [1, 2]) expect(await send(...message('add'), frame('E'))).toMatch(/^0 obedient accept \d+ ms\n$/)
  const [received] = await sink.waitFor(2)
  expect(received?.bytes.toString()).toMatch(/X-Obedient: yes\r\n(?:.|\n)*\r\n\r\nbody\r\n$/)
  expect(received?.transcript.map(String)).toContain('XFORWARD ADDR=192.0.2.1')
  expect(received).toMatchObject({ sender: 'a@example.com', recipients: ['b@example.net'] })
  expect(sink.sessions).toBe(1)
  expect(history.records).toMatchObject([{ mode: 'pipe', id: '4F2B', action: 'accept' }, {}])
})

test('the next hop gets every byte of an address that is not UTF-8', async () => {
  const { sink, send } = await start()
  const argv = [Buffer.from('--sender=s\xff@example.com', 'latin1'), '--', Buffer.from('r\xe9@example.net', 'latin1')]
  expect(await send(...message('x', argv), frame('E'))).toBe('0 \n')
  const [received] = await sink.waitFor(1)
  expect(received?.transcript.map((line) => line.toString('latin1'))).toEqual(
    expect.arrayContaining([
      expect.stringContaining('<s\xff@example.com>'),
      expect.stringContaining('<r\xe9@example.net>'),
    ]),
  )
})

test.each([
  ['quarantine', /^0 quarantined as \S+ by obedient: as you wish\n$/],
  ['defer', /^75 4\.\d\.\d as you wish\n$/],
  ['throw', /^75 4\.3\.0 .*\n$/],
])('a filter that says %s is answered as candy pipe answers', async (subject, answer) => {
  const { sink, send, quarantine } = await start([obedient])
  expect(await send(...message(subject), frame('E'))).toMatch(answer)
  expect(readdirSync(quarantine)).toHaveLength(subject === 'quarantine' ? 1 : 0)
  expect(sink.count).toBe(0)
})

test.each([
  ['552 5.3.4 message file too big', '69 5.3.4 message file too big\n'],
  ['550 5.7.1 go away', '75 4.3.0 content filter unavailable\n'],
] as const)('the reply %s of the next hop becomes %j', async (reply, answer) => {
  const { sink, send } = await start()
  sink.fail({ at: 'dot', answer: reply })
  expect(await send(...message('x'), frame('E'))).toBe(answer)
})

test.each([
  ['no sender', [...message('x', ['--', 'b@example.net']), frame('E')]],
  ['an unknown option', [...message('x', ['--bogus', ...ARGUMENTS]), frame('E')]],
  ['the configuration of another Postfix', [...message('x', ['--config=/nowhere', ...ARGUMENTS]), frame('E')]],
  ['a frame that nobody knows', [...message('x'), frame('X'), frame('E')]],
])('%s makes the message wait, and the log says why', async (_, sent) => {
  const { sink, send, log, history } = await start()
  expect(await send(...sent)).toBe('75 4.3.5 content filter configuration error\n')
  expect(log.lines).toMatchObject([{ level: 'error', event: 'not delivered', fields: { code: 'CONFIG' } }])
  expect(history.records).toMatchObject([{ mode: 'pipe', action: 'defer', reason: 'CONFIG' }])
  expect(sink.count).toBe(0)
})

test('a message without its end is dropped, wherever it was cut', async () => {
  const { sink, connect: open, history } = await start()
  const sent = Buffer.concat([...message('x')])
  const cuts = [0, 3, 5, 20, sent.length - 1, sent.length]
  for (const [count, length] of cuts.entries()) {
    const socket = await open()
    socket.end(sent.subarray(0, length))
    await expect.poll(() => history.records.length).toBe(count + 1)
  }
  expect(history.records.map(({ action, reason }) => [action, reason])).toEqual(cuts.map(() => ['defer', 'SPOOL']))
  expect(sink.sessions).toBe(0)
})

test('a client that goes away while a filter judges gets nothing delivered', async () => {
  let judging = (): void => {}
  const begun = new Promise<void>((resolve) => {
    judging = resolve
  })
  const slow = makeFilter('slow', (_, { signal }) => {
    judging()
    return new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const { sink, connect: open, history } = await start([slow])
  const socket = await open()
  socket.write(Buffer.concat([...message('x'), frame('E')]))
  await begun
  socket.destroy()
  await expect.poll(() => history.records).toMatchObject([{ action: 'defer' }])
  expect(sink.count).toBe(0)
})

test('a message that cannot be kept is read to its end, and waits', async () => {
  const { connect: open, history } = await start([], { spool: { directory: '/nowhere', memory: 10 } })
  const socket = await open()
  socket.write(Buffer.concat([...message('x'), frame('B', Buffer.alloc(200_000))]))
  socket.write(Buffer.concat([frame('B', Buffer.alloc(200_000)), frame('E')]))
  expect(await answerOf(socket)).toBe('75 4.3.0 content filter unavailable\n')
  expect(history.records).toMatchObject([{ reason: 'SPOOL' }])
})

test('a client that falls silent is given up', async () => {
  const { connect: open, history } = await start([], { idle: 200 })
  const socket = await open()
  socket.write(frame('A', 'x'))
  expect(await answerOf(socket)).toBe('75 4.3.0 content filter unavailable\n')
  expect(history.records).toMatchObject([{ action: 'defer', reason: 'SPOOL' }])
})

test('a message that does not come in time is given up', async () => {
  const { connect: open, history } = await start([], { deadline: 200 })
  const socket = await open()
  socket.write(frame('A', 'x'))
  expect(await answerOf(socket)).toBe('75 4.3.0 content filter unavailable\n')
  expect(history.records).toMatchObject([{ action: 'defer', reason: 'DEADLINE' }])
})
