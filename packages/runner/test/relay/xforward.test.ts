/** XFORWARD is for the next hop's log: a refusal of it is logged, and changes nothing for the mail. */
import { readdirSync } from 'node:fs'
import type { Envelope } from '@candy/sdk'
import { describe, expect, test } from 'vitest'
import { makeFilter } from '../support.js'
import { begin, MESSAGE, obedient, startRelay } from './started-relay.js'

const LONG = `XFORWARD PROTO=ESMTP HELO=${'a'.repeat(300)} IDENT=4F2B SOURCE=REMOTE`

describe.each([
  { mode: 'smtp', protocol: 'lmtp' },
  { mode: 'smtp-before', protocol: 'smtp' },
] as const)('in mode $mode', (options) => {
  test.each(['501 5.5.4 Error: attribute value too long', '451 4.3.0 not now', '502 5.5.1 what?'] as const)(
    'a next hop that answers XFORWARD with %s takes the mail, and filters know the client',
    async (answer) => {
      const seen: { id: string; envelope: Envelope }[] = []
      const looking = makeFilter('looking', ({ id, envelope }) => {
        seen.push({ id, envelope })
        return { action: 'accept' }
      })
      const { sink, greet, log } = await startRelay({ ...options, filters: [looking] })
      sink.fail({ at: 'xforward', answer, match: /HELO=a{300}/ })
      const client = await greet()
      await client.expect('XFORWARD NAME=[UNAVAILABLE] ADDR=192.0.2.1')
      await client.expect(LONG)
      expect((await client.send(MESSAGE)).code).toBe(250)
      expect(seen[0]?.id).toBe('4F2B')
      expect(seen[0]?.envelope.client).toEqual({ address: '192.0.2.1', helo: 'a'.repeat(300), protocol: 'ESMTP' })
      expect(log.lines.filter(({ event }) => event.includes('XFORWARD'))).toEqual([
        {
          level: 'warn',
          event: 'next hop refused XFORWARD, which is for its log',
          fields: { command: LONG.slice(0, 200), reply: answer },
        },
      ])
      expect((await client.send({ ...MESSAGE, recipients: ['c@example.net'] })).code).toBe(250)
      expect(sink.messages[1]?.transcript.map(String).join(' ')).not.toContain('XFORWARD')
    },
  )
})

test('a refused XFORWARD is sent again on a new connection, and a second refusal changes nothing either', async () => {
  let hangUp = (): void => {}
  const closing = makeFilter('closing', () => {
    hangUp()
    return { action: 'accept' }
  })
  const { sink, greet } = await startRelay({ filters: [closing] })
  hangUp = sink.hangUp
  sink.fail({ at: 'xforward', answer: '501 5.5.4 Bad ADDR syntax', match: /ADDR=IPV6/ })
  const client = await greet()
  await client.expect('XFORWARD ADDR=IPV6:2001:db8::1')
  await client.expect('XFORWARD IDENT=1')
  expect((await client.send(MESSAGE)).code).toBe(250)
  expect(sink.messages[0]?.transcript.map(String).slice(0, 4)).toEqual([
    'EHLO mx.example.test',
    'XFORWARD ADDR=IPV6:2001:db8::1',
    'XFORWARD IDENT=1',
    'MAIL FROM:<a@example.com>',
  ])
})

test('the longest HELO name that Postfix accepts is valid when it comes as xtext', async () => {
  const { sink, greet } = await startRelay()
  const client = await greet()
  for (let n = 0; n < 25; n++) {
    await client.expect(`XFORWARD HELO=${'+3D'.repeat(2040)}`)
    expect((await client.send(MESSAGE)).code).toBe(250)
  }
  expect(sink.count).toBe(25)
})

test('XFORWARD without end takes no memory', async () => {
  const { greet } = await startRelay()
  const client = await greet()
  for (let n = 0; n < 20; n++) await client.expect(`XFORWARD IDENT=${n}`)
  const { code, lines } = await client.command('XFORWARD IDENT=21')
  expect([code, ...lines]).toEqual([501, '5.5.4 too many XFORWARD commands'])
  await begin(client)
  expect((await client.content(MESSAGE.bytes)).code).toBe(250)
})

test('a message whose id is too long for a file name can be quarantined', async () => {
  const { greet, quarantine } = await startRelay({ filters: [obedient] })
  const client = await greet()
  await client.expect(`XFORWARD IDENT=${'x'.repeat(300)}`)
  const { code } = await client.send({ ...MESSAGE, bytes: 'Subject: quarantine\r\n\r\nbody\r\n' })
  expect(code).toBe(250)
  expect(readdirSync(quarantine)).toHaveLength(1)
})
