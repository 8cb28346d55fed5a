import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../src/pipe/frames.js'
import { frame } from './frame.js'

const words = fc.array(fc.uint8Array({ maxLength: 40 }))

/** Reads the bytes, cut into chunks of these lengths; the last takes what is left. */
function read(bytes: Buffer, lengths: readonly number[]): { readonly frames: FrameReader; readonly content: Buffer } {
  const frames = new FrameReader()
  const content: Buffer[] = []
  let at = 0
  for (const length of [...lengths, bytes.length]) {
    content.push(...frames.read(bytes.subarray(at, at + length)))
    at += length
  }
  return { frames, content: Buffer.concat(content) }
}

test('arguments and message are the same however they are cut', () => {
  fc.assert(
    fc.property(words, words, fc.array(fc.nat(20)), (argv, pieces, lengths) => {
      const sent = [...argv.map((word) => frame('A', word)), ...pieces.map((piece) => frame('B', piece)), frame('E')]
      const { frames, content } = read(Buffer.concat(sent), lengths)
      expect(frames.arguments).toEqual(argv.map((word) => Buffer.from(word)))
      expect(content).toEqual(Buffer.concat(pieces))
      expect(frames.ended).toBe(true)
    }),
  )
})

test('a message that is cut short anywhere is not complete', () => {
  const sent = Buffer.concat([frame('A', '--id=1'), frame('B', 'Subject: x\n'), frame('B', ''), frame('E')])
  for (let length = 0; length < sent.length; length++) {
    expect(read(sent.subarray(0, length), []).frames.ended).toBe(false)
  }
  expect(read(sent, []).frames.ended).toBe(true)
})

test.each([
  ['a type that nobody knows', [frame('X')]],
  ['an argument behind the message', [frame('B', 'x'), frame('A', 'y')]],
  ['an end with content', [frame('E', 'x')]],
  ['too long an argument', [frame('A', Buffer.alloc(128 * 1024 + 1))]],
  ['too many arguments', Array.from({ length: 17 }, () => frame('A', Buffer.alloc(128 * 1024)))],
])('%s is refused', (_, sent) => {
  expect(() => read(Buffer.concat(sent), [])).toThrow(/candy-handover sent/)
})

test('any bytes are read to the end or refused, and never taken for a whole message without its end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(20)), (bytes, lengths) => {
      let frames: FrameReader
      try {
        ;({ frames } = read(Buffer.from(bytes), lengths))
      } catch (error) {
        expect(error).toMatchObject({ code: 'CONFIG' })
        return
      }
      if (frames.ended) expect(Buffer.from(bytes).includes(frame('E'))).toBe(true)
    }),
  )
})
