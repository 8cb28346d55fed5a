/** The relay with a next hop that is slow, wrong, closing or gone: Postfix keeps the mail, and none is lost or sent twice. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connect } from '../../../../test/kit/client.js'
import { announced, type Fault, type Stage } from '../../../../test/kit/sink.js'
import { makeFilter } from '../support.js'
import { begin, MESSAGE, startRelay } from './started-relay.js'

const CHUNKING = { keywords: [...announced, 'CHUNKING'] }

describe('the next hop', () => {
  const stages: readonly Stage[] = ['connect', 'ehlo', 'xforward', 'mail', 'rcpt', 'data', 'content', 'dot']
  const answers: readonly Fault[] = ['421 4.3.2 busy', '451 4.3.0 not now', '554 5.7.1 go away', 'close', 'stall']
  const faults = stages
    .flatMap((at) => answers.map((answer) => ({ at, answer })))
    // There is no reply in the middle of a message, and a refusal of XFORWARD has no effect (xforward.test.ts).
    .filter(({ at, answer }) => at !== 'content' || answer === 'close' || answer === 'stall')
    .filter(({ at, answer }) => at !== 'xforward' || !/^(?:451|554)/.test(answer))
    .flatMap((fault) => [
      { ...fault, by: 'DATA', sink: {} },
      { ...fault, by: 'BDAT', sink: CHUNKING },
    ])
    .filter(({ at, by }) => at !== 'data' || by === 'DATA')

  test.each(faults)(
    'that takes $by and answers $at with $answer defers the mail, and the next message passes',
    async ({ sink: options, at, answer }) => {
      const { path, sink } = await startRelay({ replyTimeout: 300, deadline: 300, sink: options })
      const mend = sink.fail({ at, answer })
      const codes: number[] = []
      for (const mended of [false, true]) {
        if (mended) mend()
        const client = await connect(path)
        const say = async (line: string): Promise<number> => {
          const { code } = await client.command(line)
          codes.push(code)
          return code
        }
        let going = (await say('LHLO mx.example.test')) === 250
        for (const line of ['XFORWARD IDENT=1', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.net>']) {
          going = going && (await say(line)) === 250
        }
        if (going && (await say('DATA')) === 354) codes.push((await client.content(MESSAGE.bytes)).code)
        client.close()
        if (!mended) {
          expect(codes.at(-1)).toBeGreaterThanOrEqual(400)
          expect(codes.at(-1)).toBeLessThan(500)
          expect(sink.count).toBe(0)
        }
      }
      expect(codes.at(-1)).toBe(250)
      expect(sink.count).toBe(1)
    },
  )

  test.each(['close', '421 4.4.2 timeout'] as const)(
    'that answers a stale connection with %s is asked again on a new one',
    async (answer) => {
      const { sink, greet } = await startRelay()
      const client = await greet()
      expect((await client.send(MESSAGE)).code).toBe(250)
      sink.fail({ at: 'mail', answer, times: 1 })
      expect((await client.send(MESSAGE)).code).toBe(250)
      sink.fail({ at: 'rcpt', answer, times: 1 })
      expect((await client.send({ ...MESSAGE, recipients: ['c@example.net', 'd@example.net'] })).code).toBe(250)
      expect((await client.read()).code).toBe(250)
      sink.fail({ at: 'data', answer, times: 1 })
      expect((await client.send(MESSAGE)).code).toBe(250)
      expect(sink.messages.map(({ recipients }) => recipients.join(' '))).toEqual([
        'b@example.net',
        'b@example.net',
        'c@example.net d@example.net',
        'b@example.net',
      ])
    },
  )

  test.each([
    { last: 'DATA', options: {} },
    { last: `BDAT ${MESSAGE.bytes.length} LAST`, options: CHUNKING },
  ])(
    'that closes while filters judge codes the transaction again on a new connection, up to $last',
    async ({ last, options }) => {
      let hangUp = (): void => {}
      const slow = makeFilter('slow', async () => {
        hangUp()
        await sleep(50)
        return { action: 'accept' }
      })
      const { sink, greet } = await startRelay({ filters: [slow], sink: options })
      hangUp = sink.hangUp
      const client = await greet()
      await client.expect('XFORWARD IDENT=1 NAME=x')
      expect((await client.send({ ...MESSAGE, mail: 'RET=HDRS', rcpt: 'NOTIFY=NEVER' })).code).toBe(250)
      expect(sink.sessions).toBe(2)
      expect(sink.messages[0]?.transcript.map(String)).toEqual([
        'EHLO mx.example.test',
        'XFORWARD IDENT=1 NAME=x',
        'MAIL FROM:<a@example.com> RET=HDRS',
        'RCPT TO:<b@example.net> NOTIFY=NEVER',
        last,
      ])
    },
  )

  test('that refuses a recipient which it had accepted has the message deferred, and not lost', async () => {
    const { sink, greet } = await startRelay()
    const client = await greet()
    await begin(client)
    sink.hangUp()
    sink.fail({ at: 'rcpt', answer: '550 5.1.1 no such user', times: 1 })
    const reply = await client.content(MESSAGE.bytes)
    expect(reply.code).toBe(451)
    expect(sink.count).toBe(0)
    expect((await client.send(MESSAGE)).code).toBe(250)
  })

  test('that refuses MAIL gets no message, though all was said at once', async () => {
    const { sink, greet } = await startRelay()
    const client = await greet()
    sink.fail({ at: 'mail', answer: '554 5.7.1 go away', times: 1 })
    client.write('XFORWARD IDENT=1\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nRSET\r\n')
    for (const code of [250, 250, 451, 503, 250]) expect((await client.read()).code).toBe(code)
    expect((await client.send(MESSAGE)).code).toBe(250)
    expect(sink.messages.map(({ bytes }) => bytes.toString())).toEqual([MESSAGE.bytes])
  })

  test('that refuses, before the queue, a recipient which it had accepted does not have the next recipient refused', async () => {
    const { sink, greet } = await startRelay({ mode: 'smtp-before', protocol: 'smtp' })
    const client = await greet()
    await client.expect('MAIL FROM:<a@example.com>')
    await client.expect('RCPT TO:<b@example.net>')
    sink.hangUp()
    sink.fail({ at: 'rcpt', answer: '550 5.1.1 <b@example.net>: no such user', times: 1 })
    expect((await client.command('RCPT TO:<c@example.net>')).code).toBe(451)
  })

  test.each(['connect', 'ehlo'] as const)(
    'that refuses everyone at %s, before the queue, refuses nobody for good',
    async (at) => {
      const { sink, greet } = await startRelay({ mode: 'smtp-before', protocol: 'smtp' })
      const client = await greet()
      sink.hangUp()
      sink.fail({ at, answer: '554 5.7.1 go away' })
      await client.expect('MAIL FROM:<a@example.com>')
      expect((await client.command('RCPT TO:<b@example.net>')).code).toBe(451)
    },
  )

  test('that is not there defers everything', async () => {
    const { path } = await startRelay({ nextHop: { path: '/nowhere/candy-in' } })
    await using client = await connect(path)
    expect((await client.command('LHLO mx.example.test')).code).toBe(421)
  })

  test('without PIPELINING gets one command at a time', async () => {
    const { sink, greet } = await startRelay({ sink: { keywords: ['8BITMIME'] } })
    const client = await greet()
    client.write('MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\nDATA\r\n')
    for (const code of [250, 250, 250, 354]) expect((await client.read()).code).toBe(code)
    expect((await client.content(MESSAGE.bytes)).code).toBe(250)
    expect(sink.messages[0]?.recipients).toEqual(['b@example.net', 'c@example.net'])
  })
})
