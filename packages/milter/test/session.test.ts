import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MilterError } from '../src/error.js'
import { uint32, writePacket } from '../src/packet.js'
import { MilterSession } from '../src/session.js'
import { ABORT, CONNECT, chunked, eventsOf, HELO, MESSAGE, OFFER, QUIT, SESSION, strings } from './packets.js'

const bytes = Buffer.concat(SESSION)

test('a session is read as Postfix sends it', () => {
  const events = eventsOf([bytes])
  const message = ['mail', 'recipient', 'recipient', 'header', 'body', 'body', 'endOfMessage', 'abort']
  expect(events.map(({ type }) => type).filter((type) => type !== 'macros')).toEqual([
    'negotiate',
    'connect',
    'helo',
    ...message,
    ...message,
    'abort',
    'quit',
  ])
  expect(events).toContainEqual({ type: 'negotiate', version: 6, actions: 0x1ff, protocol: 0x1f_ffff })
  expect(events).toContainEqual({ type: 'macros', packet: 'M', values: new Map([['{auth_authen}', 'joe']]) })
  expect(events).toContainEqual({
    type: 'connect',
    hostname: 'mx.example.com',
    family: 'inet',
    port: 12345,
    address: '192.0.2.9',
  })
  expect(events).toContainEqual({
    type: 'mail',
    arguments: ['<a@example.com>', 'SIZE=100', 'BODY=8BITMIME'].map((text) => Buffer.from(text)),
  })
  expect(events).toContainEqual({
    type: 'header',
    name: Buffer.from('Subject'),
    value: Buffer.from(' hello\n\tworld'),
  })
})

test('however it is cut into chunks, it says the same', () => {
  const whole = eventsOf([bytes])
  fc.assert(
    fc.property(chunked(bytes), (chunks) => {
      expect(eventsOf(chunks)).toEqual(whole)
    }),
  )
})

test.each([
  ['an unknown family', Buffer.concat([strings('[UNIX]'), Buffer.from('U')]), { family: 'unknown' }],
  [
    'a UNIX socket',
    Buffer.concat([strings('localhost'), Buffer.from('L\0\0'), strings('/run/x')]),
    { family: 'unix', address: '/run/x' },
  ],
  [
    'IPv6',
    Buffer.concat([strings('mx'), Buffer.from('6\0\x19'), strings('2001:db8::1')]),
    { family: 'inet6', port: 25, address: '2001:db8::1' },
  ],
])('a client of %s', (_, data, expected) => {
  expect(eventsOf([OFFER, writePacket('C', data)]).at(-1)).toMatchObject(expected)
})

test('a message is under way from MAIL to the reply to its end', () => {
  const session = new MilterSession()
  const receive = (...packets: readonly Uint8Array[]): boolean => {
    for (const packet of packets) for (const _ of session.receive(packet));
    return session.hasMessage
  }
  expect(receive(OFFER, CONNECT, HELO)).toBe(false)
  expect(receive(...MESSAGE)).toBe(true)
  session.replied()
  expect(session.hasMessage).toBe(false)
  expect(receive(ABORT, ...MESSAGE.slice(0, 2))).toBe(true)
  expect(receive(ABORT)).toBe(false)
  expect(receive(QUIT)).toBe(false)
})

test.each([
  ['no negotiation', [CONNECT]],
  ['a second negotiation', [OFFER, OFFER]],
  ['MAIL before the client', [OFFER, ...MESSAGE]],
  ['MAIL within a message', [OFFER, CONNECT, ...MESSAGE.slice(0, 4), ...MESSAGE]],
  ['a message without recipients', [OFFER, CONNECT, writePacket('M', strings('<>')), writePacket('E')]],
  ['a field after the body', [OFFER, CONNECT, ...MESSAGE.slice(0, 12), ...MESSAGE.slice(6, 8)]],
  ['a recipient after a field', [OFFER, CONNECT, ...MESSAGE.slice(0, 8), ...MESSAGE.slice(2, 4)]],
  ['a second client', [OFFER, CONNECT, CONNECT]],
  ['anything after QUIT', [OFFER, CONNECT, QUIT, ABORT]],
])('%s ends the session', (_, packets) => {
  expect(() => eventsOf(packets)).toThrow(expect.objectContaining({ code: 'ORDER' }))
})

test('nothing comes before the end of a message is replied to', () => {
  const session = new MilterSession()
  for (const packet of [OFFER, CONNECT, ...MESSAGE]) for (const _ of session.receive(packet));
  expect(() => Array.from(session.receive(ABORT))).toThrow(expect.objectContaining({ code: 'ORDER' }))
})

test.each([
  ['a command that Postfix does not send', writePacket('K')],
  ['a name without an end', writePacket('H', Buffer.from('client'))],
  ['two names', writePacket('H', strings('one', 'two'))],
  ['an offer that is too short', writePacket('O', uint32(6))],
  ['a client without a family', writePacket('C', strings('mx'))],
  ['a client without a port', writePacket('C', strings('mx'), Buffer.from('4\0'))],
  ['a field without a value', writePacket('L', strings('Subject'))],
  ['a field of three strings', writePacket('L', strings('Subject', 'a', 'b'))],
  ['a field without a name', writePacket('L', strings('', 'a'))],
  ['a sender without an argument', writePacket('M')],
  ['a macro without a value', writePacket('D', Buffer.from('M'), strings('i'))],
  ['macros for nothing', writePacket('D')],
])('%s ends the session', (_, packet) => {
  const session = new MilterSession()
  expect(() => Array.from(session.receive(packet))).toThrow(expect.objectContaining({ code: 'PACKET' }))
  // It is over for good.
  expect(() => Array.from(session.receive(OFFER))).toThrow(expect.objectContaining({ name: 'MilterError' }))
})

test('whatever comes, nothing but a MilterError is thrown', () => {
  const length = fc.oneof(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1), fc.nat(40))
  const wrong = fc.tuple(length, fc.uint8Array({ maxLength: 40 })).map(([number, data]) => [uint32(number), data])
  const packet = fc
    .tuple(fc.constantFrom(...'OCHMRTLNBEADQKU'), fc.uint8Array({ maxLength: 40 }))
    .map(([command, data]) => [writePacket(command, data)])
  const right = fc.constantFrom(...SESSION).map((bytes) => [bytes])
  const all = fc.array(fc.oneof({ weight: 5, arbitrary: right }, packet, wrong), { maxLength: 30 })
  fc.assert(
    fc.property(fc.boolean(), all.map((parts) => Buffer.concat(parts.flat())).chain(chunked), (begun, chunks) => {
      try {
        eventsOf(begun ? [OFFER, CONNECT, ...chunks] : chunks)
      } catch (error) {
        expect(error).toBeInstanceOf(MilterError)
      }
    }),
    { numRuns: 1000 },
  )
})
