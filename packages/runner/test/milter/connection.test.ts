import { EventEmitter, once } from 'node:events'
import { writePacket } from '@candy/milter'
import type { Message } from '@candy/sdk'
import { expect, test, vi } from 'vitest'
import { AddressMap } from '../../src/chain/address-map.js'
import { chunks, makeFilter, text } from '../support.js'
import { ABORT, CONNECT, messageTo, OFFER, type StartedMilter, startMilter, type Upstream } from './started-milter.js'

const accepting = makeFilter('accepting', () => ({ action: 'accept' }))

/** A session in which the client is known. */
async function begin(milter: StartedMilter): Promise<Upstream> {
  const upstream = await milter.connect()
  upstream.send(OFFER, CONNECT)
  expect(await upstream.reply()).toMatch(/^O /)
  return upstream
}

test('several messages in a session are judged, each by itself', async () => {
  const seen: string[] = []
  const envelopes: Message['envelope'][] = []
  const milter = await startMilter([
    makeFilter('seeing', async (message) => {
      seen.push(await text(message.open()))
      envelopes.push(message.envelope)
      return { action: 'accept', edits: [{ add: 'X-Seen', value: message.id }] }
    }),
  ])
  const upstream = await begin(milter)
  for (let time = 1; time <= 2; time++) {
    upstream.send(...messageTo())
    expect(await upstream.reply()).toBe('i \0\0\0\0X-Seen\0 ABC123\0')
    expect(await upstream.reply()).toBe('a ')
    upstream.send(ABORT)
  }
  expect(seen).toHaveLength(2)
  expect(seen[0]).toMatch(
    /^Received: from mx\.example\.com \(mx\.example\.com \[192\.0\.2\.9\]\)\r\n\tby mx\.example\.test \(Postfix\) with ESMTPA id ABC123\r\n\tfor <b@example\.net>; \w{3}, .* \+0000 \(UTC\)\r\nSubject: x\r\n\r\nbody\r\n$/,
  )
  expect(envelopes[0]).toEqual({
    sender: 'a@example.com',
    recipients: ['b@example.net'],
    client: { address: '192.0.2.9', name: 'mx.example.com', login: 'joe' },
  })
  expect(milter.history.records.map(({ id, mode, action }) => [id, mode, action])).toEqual([
    ['ABC123', 'milter', 'accept'],
    ['ABC123', 'milter', 'accept'],
  ])
})

test.each([
  ['no packet length', [Buffer.from([0, 0, 0, 0])], 'a packet of 0 bytes'],
  ['a packet of 2 GiB', [Buffer.from([0x80, 0, 0, 0])], 'a packet of 2147483648 bytes'],
  ['a packet of another protocol', [writePacket('z')], 'none of Postfix'],
  ['the end of a message that has not begun', [writePacket('E')], 'cannot come in the stage'],
])('%s ends the connection, and nothing else', async (_, packets, why) => {
  const milter = await startMilter([accepting])
  const other = await begin(milter)
  const upstream = await begin(milter)
  upstream.send(...packets)
  expect(await upstream.reply()).toBe('')
  expect(milter.log.lines).toMatchObject([
    { event: 'session refused', fields: { error: expect.stringContaining(why) } },
  ])
  other.send(...messageTo())
  expect(await other.reply()).toBe('a ')
})

test('an old version is refused, with what to change', async () => {
  const milter = await startMilter([])
  const upstream = await milter.connect()
  upstream.send(writePacket('O', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0x7f, 0, 0, 0, 0x7f])))
  expect(await upstream.reply()).toBe('')
  expect(milter.log.lines[0]?.fields.error).toContain('set milter_protocol = 6')
})

test('a connection that ends within a message leaves nothing, and the next one is served', async () => {
  const milter = await startMilter([accepting])
  const socket = await begin(milter)
  socket.send(...messageTo().slice(0, -1))
  socket.send(writePacket('A'), writePacket('Q'))
  const next = await begin(milter)
  next.send(...messageTo())
  expect(await next.reply()).toBe('a ')
  expect(milter.history.records).toHaveLength(1)
})

test('while filters judge, Postfix is told so again and again', async () => {
  const filter = new EventEmitter()
  const milter = await startMilter([
    makeFilter('slow', async () => {
      filter.emit('judging')
      await once(filter, 'judge')
      return { action: 'accept' }
    }),
  ])
  const upstream = await begin(milter)
  vi.useFakeTimers({ toFake: ['setInterval'] })
  try {
    const judging = once(filter, 'judging')
    upstream.send(...messageTo())
    await judging
    vi.advanceTimersByTime(4_000)
    expect([await upstream.reply(), await upstream.reply()]).toEqual(['p ', 'p '])
    filter.emit('judge')
    expect(await upstream.reply()).toBe('a ')
  } finally {
    vi.useRealTimers()
  }
})

test('a message that cannot be kept is deferred, and the session goes on', async () => {
  const milter = await startMilter([accepting], { spool: { directory: '/nowhere', memory: 1 } })
  const upstream = await begin(milter)
  for (let time = 1; time <= 2; time++) {
    upstream.send(...messageTo())
    expect(await upstream.reply()).toBe('y 452 4.3.1 content filter has no room\0')
    upstream.send(ABORT)
  }
  expect(milter.history.records).toMatchObject([
    { action: 'defer', reason: 'SPOOL', recipients: 1 },
    { action: 'defer', reason: 'SPOOL', recipients: 1 },
  ])
})

test('new content goes out as the changes of the header, and then the body', async () => {
  const rewriting = makeFilter(
    'rewriting',
    () => ({ action: 'accept', content: () => chunks('Subject: y\r\n\r\nother\r\n') }),
    {},
    true,
  )
  const milter = await startMilter([rewriting])
  const upstream = await begin(milter)
  upstream.send(...messageTo())
  expect(await upstream.reply()).toBe('m \0\0\0\x01Subject\0 y\0')
  expect(await upstream.reply()).toBe('b other\r\n')
  expect(await upstream.reply()).toBe('a ')
})

test('of recipients some are taken away when the quarantine has their message; without any the message is discarded', async () => {
  const rejecting = makeFilter('rejecting', () => ({ action: 'reject', text: '100 % spam' }), { onReject: 'refuse' })
  const off = { ...rejecting, recipients: new AddressMap([['free@example.net', 'off'] as const]) }
  const milter = await startMilter([off])
  const upstream = await begin(milter)
  upstream.send(...messageTo('<b@example.net>', '<free@example.net>'))
  expect(await upstream.reply()).toBe('- <b@example.net>\0')
  expect(await upstream.reply()).toBe('a ')
  upstream.send(ABORT, ...messageTo())
  expect(await upstream.reply()).toBe('y 550 5.7.1 100 %% spam\0')
  const quarantining = makeFilter('quarantining', () => ({ action: 'quarantine', text: 'look' }))
  const other = await begin(await startMilter([quarantining]))
  other.send(...messageTo('<b@example.net>', '<c@example.net>'))
  expect(await other.reply()).toBe('d ')
})

test('a connection between two messages stays for another generation, and is closed at the end of the service', async () => {
  const milter = await startMilter([accepting])
  const upstream = await begin(milter)
  for (const connection of milter.connections) connection.drain('keep')
  upstream.send(...messageTo())
  expect(await upstream.reply()).toBe('a ')
  upstream.send(ABORT)
  for (const connection of milter.connections) connection.drain('close')
  expect(await upstream.reply()).toBe('')
  await expect.poll(() => milter.connections.size).toBe(0)
  expect(milter.log.lines.filter(({ event }) => event !== 'judged')).toEqual([])
})

test('a message under way is answered before the service ends', async () => {
  const filter = new EventEmitter()
  const milter = await startMilter([
    makeFilter('slow', async () => {
      filter.emit('judging')
      await once(filter, 'judge')
      return { action: 'accept' }
    }),
  ])
  const upstream = await begin(milter)
  const judging = once(filter, 'judging')
  upstream.send(...messageTo())
  await judging
  for (const connection of milter.connections) connection.drain('close')
  filter.emit('judge')
  expect(await upstream.reply()).toBe('a ')
  expect(await upstream.reply()).toBe('')
})
