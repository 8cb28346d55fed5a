import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Packet, PacketReader, uint32, writePacket } from '../src/packet.js'
import { chunked } from './packets.js'

const packets = fc.array(
  fc.record({ command: fc.constantFrom('O', 'L', 'B', '\xff'), data: fc.uint8Array({ maxLength: 300 }) }),
  { minLength: 1, maxLength: 12 },
)

function read(chunks: Iterable<Uint8Array>, maxLength?: number): Packet[] {
  const reader = new PacketReader(maxLength)
  // Copies, since a chunk may be used again.
  return Array.from(chunks).flatMap((chunk) =>
    Array.from(reader.read(chunk), ({ command, data }) => ({ command, data: Buffer.from(data) })),
  )
}

test('what was written is read, however it is cut into chunks', () => {
  const cut = packets.chain((all) => {
    const bytes = Buffer.concat(all.map(({ command, data }) => writePacket(command, data)))
    return chunked(bytes).map((chunks) => ({ all, chunks }))
  })
  fc.assert(
    fc.property(cut, ({ all, chunks }) => {
      expect(read(chunks)).toEqual(all.map(({ command, data }) => ({ command, data: Buffer.from(data) })))
    }),
  )
})

test('byte by byte, too', () => {
  const bytes = Buffer.concat([writePacket('B', Buffer.alloc(1000, 'x')), writePacket('E')])
  expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual([
    { command: 'B', data: Buffer.alloc(1000, 'x') },
    { command: 'E', data: Buffer.alloc(0) },
  ])
})

test('what is not complete is no packet', () => {
  expect(read([writePacket('B', Buffer.from('body')).subarray(0, -1)])).toEqual([])
})

test.each([
  ['nothing', uint32(0)],
  ['more than there may be', uint32(101)],
  ['2 GiB', uint32(2 ** 31)],
  ['4 GiB', uint32(2 ** 32 - 1)],
])('a length of %s is refused as soon as it is read', (_, head) => {
  for (const chunks of [[head], Array.from(head, (byte) => Uint8Array.of(byte))]) {
    expect(() => read(chunks, 100)).toThrow(expect.objectContaining({ name: 'MilterError', code: 'LENGTH' }))
  }
})

test('a packet may have as many bytes as the limit says', () => {
  expect(read([writePacket('B', Buffer.alloc(99))], 100)).toHaveLength(1)
})
