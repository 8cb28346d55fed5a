import { addHeader, editHeaders, type HeaderEdit, removeHeader } from '@candy/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lend } from '../../src/message/content.js'
import { editContent } from '../../src/message/edited.js'
import { editLargeHeader } from '../../src/message/edited-large.js'
import { receive } from '../../src/message/spool.js'
import { chunks, scratch, text } from '../support.js'

const field = fc.constantFrom('A: 1', 'B:', 'X-Spam-Flag: NO', 'x-spam-score : 5', ' more', '\t', 'C: 1\r\n D: 2')
const message = fc
  .tuple(
    fc.array(field, { maxLength: 12 }),
    fc.constantFrom('', '\r\nbody\r\nA: 2\r\n', 'no field\r\nA: 2\r\n\r\nbody'),
  )
  .map(([fields, rest]) => fields.map((line) => `${line}\r\n`).join('') + rest)
const edit: fc.Arbitrary<HeaderEdit> = fc.constantFrom(
  removeHeader('A'),
  removeHeader('X-Spam-*'),
  addHeader('A', 'new'),
  addHeader('X-Spam-Flag', 'YES'),
)

test('a header that is edited a few fields at a time comes out as one that is edited whole', async () => {
  const directory = scratch()
  await fc.assert(
    fc.asyncProperty(
      message,
      fc.array(edit, { maxLength: 4 }),
      fc.integer({ min: 1, max: 9 }),
      async (source, edits, size) => {
        const bytes = Buffer.from(source)
        const spool = await receive(chunks(bytes), { directory, memory: 1e6 })
        // In many chunks, as a spool gives a large message.
        const open = (from = 0) =>
          chunks(
            ...Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
              bytes.subarray(from + n * size, from + (n + 1) * size),
            ),
          )
        const edited = await editLargeHeader({ size: bytes.length, open, headers: () => spool.headers() }, edits)
        const expected = Buffer.from(editHeaders(bytes, edits)).toString()
        expect(await text(edited.open())).toBe(expected)
        expect(edited.size).toBe(expected.length)
        for (const from of [1, 7, expected.length]) {
          expect(await text(edited.open(from))).toBe(expected.slice(from))
          expect(await text(lend(edited, from))).toBe(expected.slice(from))
        }
      },
    ),
  )
})

test('millions of fields are edited in CPU time that fits their bytes, and are not kept in memory', async () => {
  const spool = await receive(
    chunks(...Array.from({ length: 160 }, () => 'a:\r\nX-Spam:\r\n'.repeat(5000)), '\r\nbody'),
    {
      directory: scratch(),
      memory: 1e6,
    },
  )
  const started = process.cpuUsage()
  const edited = await editContent(spool, [removeHeader('X-Spam*'), addHeader('X-Candy-Status', 'large')])
  let size = 0
  for await (const chunk of edited.open()) {
    expect(chunk.length).toBeLessThan(200_000)
    size += chunk.length
  }
  const { user, system } = process.cpuUsage(started)
  expect(size).toBe(160 * 5000 * 'a:\r\n'.length + 'X-Candy-Status: large\r\n\r\nbody'.length)
  expect(edited.size).toBe(size)
  // 0.3 s.
  expect((user + system) / 1e6).toBeLessThan(2)
  await expect(edited.headers()).rejects.toMatchObject({ code: 'HEADER_LIMIT' })
  await spool.close()
})

test.each([
  ['a field in millions of lines', 'a: 1\r\n', ' \r\n'.repeat(16_000)],
  ['a line without an end that is no field', 'a: 1\r\n'.repeat(20_000), 'x'.repeat(65_536)],
])('%s costs what its bytes explain', async (_, first, more) => {
  const bytes = [first, ...Array.from({ length: 160 }, () => more)]
  const spool = await receive(chunks(...bytes), { directory: scratch(), memory: 1e6 })
  const started = process.cpuUsage()
  const edited = await editLargeHeader(spool, [removeHeader('X-Spam*'), addHeader('B', '2')])
  let size = 0
  for await (const chunk of edited.open()) size += chunk.length
  const { user, system } = process.cpuUsage(started)
  expect(size).toBe(bytes.join('').length + 'B: 2\r\n'.length)
  // 0.1 s; 3 s and more where all that was held is looked at with each chunk.
  expect((user + system) / 1e6).toBeLessThan(1.2)
  await spool.close()
})
