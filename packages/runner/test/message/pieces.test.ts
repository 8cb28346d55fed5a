import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pieces } from '../../src/message/pieces.js'

test('gathers what is small, passes on what is large, and keeps the order', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1000, max: 5000 })), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 1, maxLength: 3 }), (rounds) => {
      const pieces = new Pieces()
      for (const round of rounds) {
        const out: Uint8Array[] = []
        const given = round.map((size, n) => Buffer.alloc(size, n))
        pieces.begin(out)
        for (const bytes of given) pieces.add(bytes)
        pieces.flush()
        expect(Buffer.concat(out)).toEqual(Buffer.concat(given))
        const large = given.filter(({ length }) => length >= 1024)
        for (const bytes of large) expect(out).toContain(bytes)
        expect(out.length).toBeLessThanOrEqual(2 * large.length + 1 + Math.ceil(given.length / 100))
      }
    }),
  )
})
