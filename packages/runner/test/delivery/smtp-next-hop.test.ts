/** Delivery over SMTP in pipe mode: what the next hop is sent, and when it counts as having accepted the message. */
import { join } from 'node:path'
import type { Envelope } from '@candy/sdk'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { announced, type Sink, type SinkOptions, startSink } from '../../../../test/kit/sink.js'
import { Deadline } from '../../src/chain/deadline.js'
import { bytesOf } from '../../src/delivery/envelope-commands.js'
import type { HandOverResult, OutgoingMessage } from '../../src/delivery/next-hop.js'
import { smtpNextHop } from '../../src/delivery/smtp-next-hop.js'
import { chunks, type MemoryLog, memoryLog, scratch } from '../support.js'
import { type Act, type MisbehavingNextHop, type Step, startMisbehavingNextHop } from './misbehaving-next-hop.js'
import { actsOf, misdeeds } from './misbehaviour.js'

const TEXT = 'Subject: caf\xc3\xa9\r\n\r\nbody\r\n'

const CLIENT = { address: '2001:db8::1', name: 'spike.example.org', helo: '-foo', protocol: 'ESMTP', login: 'secret' }

function delivery(envelope: Partial<Envelope> = {}): OutgoingMessage {
  const whole: Envelope = { sender: 'a@example.com', recipients: ['b@example.net'], ...envelope }
  return {
    id: '4F2B',
    envelope: whole,
    addresses: bytesOf(whole),
    content: { size: TEXT.length, open: () => chunks(TEXT), headers: async () => Buffer.from(TEXT) },
    assertUpstream: () => {},
  }
}

interface TestBed {
  readonly sink: Sink
  readonly log: MemoryLog
  handOver(envelope?: Partial<Envelope>): Promise<HandOverResult>
}

async function start(options: SinkOptions = {}): Promise<TestBed> {
  const path = join(scratch(), 'sink')
  const sink = await startSink({ path, ...options })
  onTestFinished(() => sink.stop())
  const log = memoryLog()
  const hop = smtpNextHop({ address: { path }, ownClientsAreLocal: true, log })
  return { sink, log, handOver: (envelope) => hop.handOver(delivery(envelope), new Deadline(undefined, 20_000)) }
}

const XFORWARD = { keywords: [...announced, 'XFORWARD NAME ADDR PROTO HELO IDENT SOURCE'] }

test('tells the next hop by XFORWARD who the client was, with the attributes that it offers', async () => {
  const { sink, handOver } = await start(XFORWARD)
  expect(await handOver({ client: CLIENT })).toEqual({ delivered: true })
  expect(sink.messages[0]?.transcript.map(String)).toEqual([
    'EHLO localhost',
    'XFORWARD NAME=spike.example.org',
    'XFORWARD ADDR=IPV6:2001:db8::1',
    'XFORWARD PROTO=ESMTP',
    'XFORWARD HELO=-foo',
    'XFORWARD IDENT=4F2B',
    'XFORWARD SOURCE=REMOTE',
    `MAIL FROM:<a@example.com> SIZE=${TEXT.length} BODY=8BITMIME`,
    'RCPT TO:<b@example.net>',
    'DATA',
  ])
})

test.each([announced, [...announced, 'XFORWARD'], ['XFORWARD ADDR IDENT']])(
  'a next hop that offers %j and refuses XFORWARD takes the message',
  async (...keywords) => {
    const { sink, log, handOver } = await start({ keywords })
    sink.fail({ at: 'xforward', answer: '501 5.5.4 Bad ADDR syntax' })
    expect(await handOver({ client: CLIENT })).toEqual({ delivered: true })
    const refused = keywords.some((keyword) => keyword.startsWith('XFORWARD ')) ? 2 : 0
    expect(log.lines.filter(({ event }) => event.includes('XFORWARD'))).toHaveLength(refused)
  },
)

describe('SMTPUTF8', () => {
  test('is requested for an address, and not for a header', async () => {
    const { sink, handOver } = await start()
    await handOver()
    await handOver({ sender: 'jörg@example.com' })
    await handOver({ recipients: ['b@example.net', 'jörg@example.net'] })
    const requests = sink.messages.map(({ mail }) => mail.toString().endsWith(' SMTPUTF8'))
    expect(requests).toEqual([false, true, true])
    expect(sink.messages[2]?.recipients).toEqual(['b@example.net', 'jörg@example.net'])
  })

  test('that is not offered is not requested, and the address is sent as it is', async () => {
    const { sink, handOver } = await start({ keywords: ['PIPELINING'] })
    expect(await handOver({ sender: 'jörg@example.com' })).toEqual({ delivered: true })
    expect(sink.messages[0]?.mail.toString()).toBe('MAIL FROM:<jörg@example.com>')
  })

  test('that a next hop requires and does not offer is a permanent error of this message', async () => {
    const { sink, handOver } = await start({ keywords: ['PIPELINING'] })
    sink.fail({ at: 'mail', answer: '553 5.6.7 Must declare SMTPUTF8 to send unicode address' })
    expect(await handOver({ sender: 'jörg@example.com' })).toEqual({
      delivered: false,
      status: '5.6.7',
      text: 'Must declare SMTPUTF8 to send unicode address',
    })
  })
})

test.each(['connect', 'ehlo'] as const)(
  'a refusal at %s is an error of the next hop, and no answer to the message',
  async (at) => {
    const { sink, handOver } = await start()
    sink.fail({ at, answer: '554 5.6.0 go away' })
    await expect(handOver()).rejects.toMatchObject({ code: 'NEXT_HOP' })
  },
)

test.each([
  ['554 5.4.0 Error: too many hops', { delivered: false, status: '5.4.0', text: 'Error: too many hops' }],
  ['552 5.3.4 message file too big', { delivered: false, status: '5.3.4', text: 'message file too big' }],
] as const)('the reply %s refuses the message for good', async (answer, handed) => {
  const { sink, handOver } = await start()
  sink.fail({ at: 'dot', answer })
  expect(await handOver()).toEqual(handed)
})

test.each<readonly [Step, Act]>([
  ['data', { say: '250 2.0.0 Ok: kept\r\n' }],
  ['data', { say: '354 go on\r\n250 2.0.0 Ok: kept\r\n', ending: 'close' }],
  ['rcpt', { say: '250 2.1.5 Ok\r\n354 go on\r\n' }],
  ['end', { say: '250-kept\r\n550 not kept\r\n' }],
  ['end', { say: '250-more\r\n'.repeat(10_000) }],
  ['end', { say: '221 2.0.0 Bye\r\n' }],
  ['end', { say: '250', ending: 'close' }],
  ['end', { say: '', ending: 'close' }],
  ['connect', { say: 'x'.repeat(10_000) }],
])('a next hop that misbehaves at %s has not accepted the message (%#)', async (at, act) => {
  const path = join(scratch(), 'nextHop')
  const nextHop: MisbehavingNextHop = await startMisbehavingNextHop(path)
  onTestFinished(() => nextHop.stop())
  nextHop.behave((step) => (step === at ? act : {}))
  const handed = smtpNextHop({ address: { path }, ownClientsAreLocal: true, log: memoryLog() }).handOver(
    delivery(),
    new Deadline(undefined, 20_000),
  )
  await expect(handed).rejects.toMatchObject({ code: 'NEXT_HOP' })
})

test('whatever a next hop does, success is reported only for a message that it has completely, and nothing is sent twice', async () => {
  await fc.assert(
    fc.asyncProperty(misdeeds, async (wrong) => {
      const path = join(scratch(), 'nextHop')
      const nextHop = await startMisbehavingNextHop(path)
      nextHop.behave(actsOf(wrong))
      const hop = smtpNextHop({ address: { path }, ownClientsAreLocal: true, log: memoryLog() })
      const handed = await hop
        .handOver(delivery({ client: CLIENT }), new Deadline(undefined, 100))
        .catch(({ code }) => code)
      expect(nextHop.messages.length).toBeLessThanOrEqual(1)
      if (handed === 'NEXT_HOP') return nextHop.stop()
      const { delivered } = handed as HandOverResult
      if (delivered) expect(nextHop.messages).toEqual([{ firstLine: TEXT.split('\r\n')[0], accepted: true }])
      else expect((handed as { status: string }).status).toBe('5.3.4')
      await nextHop.stop()
    }),
    { numRuns: 150 },
  )
})
