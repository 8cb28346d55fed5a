/** Packets as Postfix sends them, for the tests of this package. */
import fc from 'fast-check'
import type { MilterEvent } from '../src/event.js'
import { uint32, writePacket } from '../src/packet.js'
import { MilterSession } from '../src/session.js'

/** What Postfix 3.7 offers: version 6, all actions, all of the protocol. */
export const OFFER: Buffer = writePacket('O', uint32(6), uint32(0x1ff), uint32(0x1f_ffff))

export function strings(...texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text}\0`).join(''), 'latin1')
}

function macros(packet: string, ...texts: readonly string[]): Buffer {
  return writePacket('D', Buffer.from(packet), strings(...texts))
}

/** A client of the network. */
export const CONNECT: Buffer = writePacket(
  'C',
  strings('mx.example.com'),
  Buffer.from('4\x30\x39', 'latin1'),
  strings('192.0.2.9'),
)

export const HELO: Buffer = writePacket('H', strings('client.example.com'))

/** From MAIL to the end of the message. */
export const MESSAGE: readonly Buffer[] = [
  macros('M', '{auth_authen}', 'joe'),
  writePacket('M', strings('<a@example.com>', 'SIZE=100', 'BODY=8BITMIME')),
  macros('R', 'i', 'ABC'),
  writePacket('R', strings('<b@example.net>', 'NOTIFY=NEVER')),
  writePacket('R', strings('<c@example.net>')),
  macros('T', 'i', 'ABC'),
  macros('L', 'i', 'ABC'),
  writePacket('L', strings('Subject', ' hello\n\tworld')),
  macros('N', 'i', 'ABC'),
  macros('B', 'i', 'ABC'),
  writePacket('B', Buffer.from('one\r\n')),
  writePacket('B', Buffer.from('two\r\n')),
  macros('E', 'i', 'ABC'),
  writePacket('E'),
]

export const ABORT: Buffer = writePacket('A')
export const QUIT: Buffer = writePacket('Q')

/** A session with two messages. */
export const SESSION: readonly Buffer[] = [
  OFFER,
  macros('C', 'j', 'mx.example.net'),
  CONNECT,
  macros('H'),
  HELO,
  ...MESSAGE,
  ABORT,
  ...MESSAGE,
  ABORT,
  ABORT,
  QUIT,
]

/** Bytes cut into chunks at any places. */
export function chunked(bytes: Uint8Array): fc.Arbitrary<readonly Uint8Array[]> {
  return fc.array(fc.nat(bytes.length), { maxLength: 30 }).map((places) => {
    const cuts = [0, ...places.toSorted((one, other) => one - other), bytes.length]
    return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end))
  })
}

/** All that a session says of these chunks; a message is replied to as soon as it is complete. */
export function eventsOf(chunks: Iterable<Uint8Array>, session: MilterSession = new MilterSession()): MilterEvent[] {
  const events: MilterEvent[] = []
  for (const chunk of chunks) {
    for (const event of session.receive(chunk)) {
      events.push(event)
      if (event.type === 'endOfMessage') session.replied()
    }
  }
  return events
}
