import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import wabt from 'wabt'
import { nextFind, setWindow, WINDOW } from '../../src/smtp/data-scan.js'

const SOURCE = join(import.meta.dirname, '../../src/smtp')

test('the module is what data-scan.wat says', async () => {
  const { parseWat } = await wabt()
  const text = readFileSync(join(SOURCE, 'data-scan.wat'), 'utf8')
  const { buffer } = parseWat('data-scan.wat', text, { simd: true }).toBinary({})
  const module = Buffer.from(buffer).toString('base64')
  const written = readFileSync(join(SOURCE, 'data-scan.ts'), 'utf8').replaceAll(/' \+\n +'/g, '')
  expect(written).toContain(`'${module}'`)
})

/** What `nextFind` says, found byte by byte: the start of the first 16 bytes, counted from `at`, with something to look at. */
function finds(bytes: Buffer, at: number): number {
  for (let start = at; start + 16 <= bytes.length; start += 16) {
    for (let n = start; n < start + 16; n++) {
      const [before, byte] = [bytes[n - 1], bytes[n]]
      if ((byte === 10) !== (before === 13) || (byte === 46 && before === 10)) return start
    }
  }
  return at + Math.floor(Math.max(0, bytes.length - at) / 16) * 16
}

const wire = fc
  .array(fc.constantFrom('\r\n', '\r\n', 'a'.repeat(20), 'text.', '\r', '\n', '.', '\r\n.', '\0', '\xff'), {
    maxLength: 40,
  })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

test('everything that needs a closer look is found, and nothing else', () => {
  fc.assert(
    fc.property(wire, fc.nat(), (bytes, n) => {
      const at = 1 + (n % (bytes.length + 1))
      setWindow(bytes)
      expect(nextFind(at, bytes.length)).toBe(finds(bytes, at))
    }),
    { numRuns: 2000 },
  )
})

test('a whole window is passed over in one go', () => {
  const bytes = Buffer.alloc(WINDOW, `${'x'.repeat(62)}\r\n`)
  setWindow(bytes)
  expect(nextFind(1, WINDOW)).toBe(WINDOW - 15)
  bytes[WINDOW - 20] = 13
  setWindow(bytes)
  expect(nextFind(1, WINDOW)).toBe(WINDOW - 31)
})
