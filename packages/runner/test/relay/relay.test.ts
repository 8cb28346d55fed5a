/** The relay between its client and its filters: messages, silence, and how a session ends. */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Envelope } from '@candy/sdk'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Client, connect as connectClient } from '../../../../test/kit/client.js'
import { chunks, makeFilter } from '../support.js'
import { begin, MESSAGE, obedient, startRelay } from './started-relay.js'

describe('the client', () => {
  test('that goes away while filters judge takes the message with it', async () => {
    let judging: AbortSignal | undefined
    const slow = makeFilter('slow', async (_, { signal }) => {
      judging = signal
      await once(signal, 'abort')
      return { action: 'accept' }
    })
    const { sink, greet, sessions } = await startRelay({ filters: [slow] })
    const client = await greet()
    await begin(client)
    client.write('Subject: x\r\n\r\n.\r\n')
    await expect.poll(() => judging).toBeDefined()
    client.close()
    await expect.poll(() => judging?.aborted).toBe(true)
    await expect.poll(() => sessions.size).toBe(0)
    expect(sink.count).toBe(0)
  })

  test('that goes away while a filter blocks the whole process is noticed before the final dot', async () => {
    let client: Client | undefined
    const blocking = makeFilter('blocking', () => {
      client?.close()
      const end = performance.now() + 100
      while (performance.now() < end);
      return { action: 'accept' }
    })
    const { sink, greet, sessions } = await startRelay({ filters: [blocking] })
    client = await greet()
    await begin(client)
    client.write('Subject: x\r\n\r\n.\r\n')
    await expect.poll(() => sessions.size).toBe(0)
    expect(sink.count).toBe(0)
  })

  test.each(['MAIL FROM:<a@', 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: half'])(
    'that goes away after %j leaves nothing behind',
    async (said) => {
      const { sink, greet, sessions } = await startRelay()
      const client = await greet()
      client.write(said)
      await sleep(20)
      client.close()
      await expect.poll(() => sessions.size).toBe(0)
      expect(sink.count).toBe(0)
    },
  )

  test.each(['', 'MAIL FR', 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: half'])(
    'that falls silent after %j is told so, and let go',
    async (said) => {
      const { greet, sessions } = await startRelay({ idle: 200 })
      const client = await greet()
      if (said !== '') client.write(said)
      let reply = await client.read()
      while (reply.code !== 421) reply = await client.read()
      expect(reply.lines).toEqual(['4.4.2 timeout'])
      await expect.poll(() => sessions.size).toBe(0)
    },
  )

  test('that is only waiting for a slow filter is not silent', async () => {
    const slow = makeFilter('slow', async () => {
      await sleep(500)
      return { action: 'accept' }
    })
    const { greet } = await startRelay({ filters: [slow], idle: 150 })
    const client = await greet()
    expect((await client.send(MESSAGE)).code).toBe(250)
    expect((await client.command('NOOP')).code).toBe(250)
  })

  test('that sends QUIT gets the replies to the commands before it', async () => {
    const { path, log, sessions } = await startRelay()
    const socket = connect(path)
    socket.end('NOOP\r\nQUIT\r\n')
    expect(await text(socket)).toMatch(/^220 .*\r\n250 2\.0\.0 Ok\r\n/)
    await expect.poll(() => sessions.size).toBe(0)
    expect(log.lines).toEqual([])
  })

  test('that sends many unknown commands is disconnected', async () => {
    const { greet, sessions } = await startRelay()
    const client = await greet()
    client.write('nonsense\r\n'.repeat(30))
    for (let n = 0; n < 20; n++) expect((await client.read()).code).toBe(500)
    expect((await client.read()).code).toBe(421)
    await expect.poll(() => sessions.size).toBe(0)
  })
})

describe('the message', () => {
  test('is seen by filters with its envelope and its client', async () => {
    const seen: { id: string; envelope: Envelope }[] = []
    const looking = makeFilter('looking', ({ id, envelope }) => {
      seen.push({ id, envelope })
      return { action: 'accept' }
    })
    const { greet } = await startRelay({ filters: [looking] })
    const client = await greet()
    await client.expect('XFORWARD NAME=spike.example.net ADDR=IPV6:2001:db8::1 PROTO=ESMTP')
    await client.expect('XFORWARD HELO=spike IDENT=4F2B SOURCE=REMOTE')
    await client.send({ ...MESSAGE, sender: '', recipients: ['jörg@example.net', '"a b"@example.net'] })
    await client.read()
    await client.send(MESSAGE)
    expect(seen[0]).toEqual({
      id: '4F2B',
      envelope: {
        sender: '',
        recipients: ['jörg@example.net', '"a b"@example.net'],
        client: { address: '2001:db8::1', name: 'spike.example.net', helo: 'spike', protocol: 'ESMTP' },
      },
    })
    expect(seen[1]?.id).toMatch(/^candy-[0-9a-f]{12}$/)
    expect(seen[1]?.envelope).toEqual({ sender: 'a@example.com', recipients: ['b@example.net'] })
  })

  test('keeps every byte, whatever it is and however large', async () => {
    const { sink, greet } = await startRelay()
    const client = await greet()
    const line = fc.array(fc.constantFrom('.', 'a', '\0', '\xff', ' ', '\t', 'x'.repeat(3000)), { maxLength: 6 })
    const mails = fc
      .array(line, { maxLength: 50 })
      .map((lines) => lines.map((parts) => `${parts.join('')}\r\n`).join(''))
    await fc.assert(
      fc.asyncProperty(mails, async (text) => {
        sink.clear()
        const bytes = Buffer.from(text, 'latin1')
        expect((await client.send({ ...MESSAGE, bytes })).code).toBe(250)
        expect(sink.messages[0]?.bytes.equals(bytes)).toBe(true)
      }),
      { numRuns: 60 },
    )
    sink.clear()
    const large = Buffer.from(`Subject: x\r\n\r\n${'.0123456789\r\n'.repeat(400_000)}`)
    expect((await client.send({ ...MESSAGE, bytes: large })).code).toBe(250)
    expect(sink.messages[0]?.bytes.equals(large)).toBe(true)
  })

  test.each(['smtp', 'smtp-before'] as const)(
    'keeps every byte beside others that have no room in memory: %s',
    async (mode) => {
      const { sink, greet } = await startRelay({ mode })
      const bodies = ['one', 'two', 'three'].map(
        (word) => `Subject: x\r\n\r\n${`${word.repeat(20)}\r\n`.repeat(15_000)}.\r\n`,
      )
      const send = async (bytes: string): Promise<void> => {
        const client = await greet()
        for (let n = 0; n < 2; n++) expect((await client.send({ ...MESSAGE, bytes })).code).toBe(250)
      }
      await Promise.all(bodies.map(send))
      const received = sink.messages.map(({ bytes }) => bytes.toString())
      for (const body of bodies) expect(received.filter((bytes) => bytes === body)).toHaveLength(2)
    },
  )

  test('of 200 recipients has 200 answers, and of those that were refused none', async () => {
    const { sink, greet } = await startRelay()
    sink.fail({ at: 'rcpt', answer: '451 4.2.0 later', match: /r1\d\d@/ })
    const client = await greet()
    const recipients = Array.from({ length: 200 }, (_, n) => `RCPT TO:<r${n}@example.net>\r\n`)
    client.write(`MAIL FROM:<a@example.com>\r\n${recipients.join('')}DATA\r\n`)
    const codes: number[] = []
    for (let n = 0; n < 202; n++) codes.push((await client.read()).code)
    expect(codes.filter((code) => code === 250)).toHaveLength(101)
    expect(codes.filter((code) => code === 451)).toHaveLength(100)
    client.write('Subject: x\r\n\r\n.\r\nNOOP\r\n')
    for (let n = 0; n < 100; n++) expect((await client.read()).lines[0]).toMatch(/^2\.0\.0 Ok: kept \(candy-\w+\)$/)
    expect((await client.read()).lines[0]).toBe('2.0.0 Ok')
    expect(sink.messages[0]?.recipients).toHaveLength(100)
  })

  test('is in the quarantine before the client gets its reply', async () => {
    const { sink, greet, quarantine } = await startRelay({ filters: [obedient] })
    const client = await greet()
    const reply = await client.send({ ...MESSAGE, bytes: 'Subject: quarantine\r\n\r\nbody\r\n' })
    expect(reply.code).toBe(250)
    const [name = ''] = readdirSync(quarantine)
    expect(reply.lines[0]).toContain(`2.0.0 quarantined as ${name} by obedient: as you wish`)
    expect(readFileSync(join(quarantine, name, 'message.eml'), 'utf8')).toBe('Subject: quarantine\r\n\r\nbody\r\n')
    expect(sink.count).toBe(0)
  })

  test.each([
    ['cannot be kept', { spool: { directory: '/nowhere', memory: 10 } }, 452, 'SPOOL'],
    ['cannot be quarantined', { quarantine: '/nowhere', filters: [obedient] }, 451, 'QUARANTINE'],
    ['is larger than the next hop takes', { sink: { keywords: ['PIPELINING', 'SIZE 100'] } }, 552, 'NEXT_HOP'],
    [
      'is not judged in time',
      { deadline: 100, filters: [makeFilter('stuck', () => new Promise(() => {}))] },
      451,
      'DEADLINE',
    ],
  ] as const)('that %s is answered and in the history, and the session lives', async (_, options, code, reason) => {
    const { sink, greet, history } = await startRelay(options)
    const client = await greet()
    const bytes = `Subject: quarantine\r\n\r\n${'x'.repeat(80)}\r\n.\r\n`
    expect((await client.send({ ...MESSAGE, bytes })).code).toBe(code)
    const action = code === 552 ? 'refuse' : 'defer'
    expect(history.records).toMatchObject([{ action, reason, mode: 'smtp', recipients: 1 }])
    expect((await client.command('NOOP')).code).toBe(250)
    expect(sink.count).toBe(0)
  })

  test('that cannot be kept is in the log, with its id and why', async () => {
    const { greet, log } = await startRelay({ spool: { directory: '/nowhere', memory: 10 } })
    const client = await greet()
    await client.expect('XFORWARD IDENT=4cJW')
    const reply = await client.send({ ...MESSAGE, bytes: `Subject: long\r\n\r\n${'x'.repeat(80)}\r\n.\r\n` })
    expect(reply.lines).toEqual(['4.3.1 content filter has no room'])
    const [line] = log.lines.filter(({ event }) => event === 'message not received')
    expect(line?.fields).toMatchObject({ id: '4cJW', code: 'SPOOL', error: expect.stringContaining('ENOENT') })
  })

  test('that the next hop takes for none of its recipients is in the history', async () => {
    const { sink, greet, history } = await startRelay()
    const mend = sink.fail({ at: 'rcpt', answer: '451 4.3.0 not now' })
    const client = await greet()
    await client.command('XFORWARD IDENT=4cJW')
    await client.command('MAIL FROM:<a@example.com>')
    for (const name of ['b', 'c']) expect((await client.command(`RCPT TO:<${name}@example.net>`)).code).toBe(451)
    await client.command('RSET')
    const common = { action: 'defer', reason: 'NEXT_HOP', filters: [] }
    expect(history.records).toMatchObject([{ ...common, id: '4cJW', recipients: 2 }])
    mend()
    await client.command('MAIL FROM:<a@example.com>')
    await client.command('RCPT TO:<b@example.net>')
    await client.command('RSET')
    expect(history.records).toHaveLength(1)
  })

  test('that cannot even be announced, because the next hop is down, is in the history', async () => {
    const { path, history } = await startRelay({ nextHop: { path: '/nowhere/sink' } })
    const socket = connect(path)
    socket.write('LHLO mx.example.test\r\n')
    expect(await text(socket)).toContain('421 4.3.0 content filter unavailable')
    expect(history.records).toMatchObject([{ action: 'defer', reason: 'NEXT_HOP', recipients: 0 }])
  })

  test('that a filter rewrites is delivered with the new content and the edits', async () => {
    const rewriting = makeFilter(
      'rewriting',
      () => ({ action: 'accept', content: () => chunks('Subject: new\n\n', '.\n', 'body') }),
      {},
      true,
    )
    const { sink, greet } = await startRelay({ filters: [rewriting, obedient] })
    const client = await greet()
    expect((await client.send({ ...MESSAGE, bytes: 'Subject: add\r\n\r\nbody\r\n' })).code).toBe(250)
    expect(sink.messages[0]?.bytes.toString()).toBe('Subject: new\r\n\r\n.\r\nbody\r\n')
  })
})

describe('draining', () => {
  const RESTARTING = '4.3.2 content filter is restarting'

  test('ends a session between two messages at once', async () => {
    const { greet, sessions } = await startRelay()
    const client = await greet()
    expect((await client.send(MESSAGE)).code).toBe(250)
    for (const session of sessions) session.drain()
    expect((await client.read()).lines).toEqual([RESTARTING])
    await expect.poll(() => sessions.size).toBe(0)
  })

  test('waits for the end of a message that is being received', async () => {
    const { sink, greet, sessions } = await startRelay()
    const client = await greet()
    await client.expect('MAIL FROM:<a@example.com>')
    for (const session of sessions) session.drain()
    await client.expect('RCPT TO:<b@example.net>')
    await client.expect('DATA')
    expect((await client.content(MESSAGE.bytes)).code).toBe(250)
    expect((await client.read()).lines).toEqual([RESTARTING])
    expect(sink.count).toBe(1)
  })

  test('waits for the message for which Postfix has connected', async () => {
    const { path, greet, sessions } = await startRelay()
    const greeted = await greet()
    const connected = await connectClient(path)
    onTestFinished(() => connected.close())
    for (const session of sessions) session.drain()
    await connected.expect('LHLO mx.example.test')
    for (const client of [greeted, connected]) {
      expect((await client.send(MESSAGE)).code).toBe(250)
      expect((await client.read()).lines).toEqual([RESTARTING])
    }
  })

  test('waits for the message for which Postfix has taken a connection from its cache, as RSET says', async () => {
    const { greet, sessions } = await startRelay()
    const client = await greet()
    expect((await client.send(MESSAGE)).code).toBe(250)
    await client.expect('RSET')
    for (const session of sessions) session.drain()
    expect((await client.send(MESSAGE)).code).toBe(250)
    expect((await client.read()).lines).toEqual([RESTARTING])
  })

  test('does not wait for more after RSET in the middle of a transaction', async () => {
    const { greet, sessions } = await startRelay()
    const client = await greet()
    await client.expect('MAIL FROM:<a@example.com>')
    await client.expect('RSET')
    for (const session of sessions) session.drain()
    expect((await client.read()).lines).toEqual([RESTARTING])
  })

  test('waits ten seconds for a message that does not come', async () => {
    const { greet, sessions } = await startRelay()
    const client = await greet()
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    for (const session of sessions) session.drain()
    vi.advanceTimersByTime(9_999)
    await client.expect('NOOP')
    vi.advanceTimersByTime(1)
    expect((await client.read()).lines).toEqual([RESTARTING])
  })
})
