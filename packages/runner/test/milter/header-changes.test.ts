import { editHeaders, type HeaderEdit } from '@candy/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editContent } from '../../src/message/edited.js'
import { receive, type Spool } from '../../src/message/spool.js'
import { headerChanges } from '../../src/milter/header-changes.js'
import { chunks } from '../support.js'
import { applied } from './postfix-header.js'

const OWN = 'Received: from mx by here; now'
const TOP = 'Received: from mx by here; about now'

const value = fc.constantFrom('', ' a', ' b', '  a', '\tc', ' a\r\n b', '\r\n v', ' caf\xe9', ' a ')
const field = fc
  .tuple(fc.constantFrom('X-A', 'x-a', 'X-B', 'Received', 'Subject', 'X-C'), value)
  .map((parts) => parts.join(':'))
const fields = fc.array(field, { maxLength: 8 })

function content(lines: readonly string[]): Promise<Spool> {
  const text = [...lines, '', 'body', ''].join('\r\n')
  return receive(chunks(text), { directory: '/nowhere', memory: 1e9 })
}

async function changed(
  old: readonly string[],
  final: readonly string[],
  rewritten: boolean,
): Promise<{ readonly packets: readonly Buffer[]; readonly header: readonly string[] }> {
  const packets = await headerChanges({
    original: await content([TOP, ...old]),
    final: await content(final),
    rewritten,
    edits: [],
  })
  return { packets: packets ?? [], header: applied(packets ?? [], old, OWN) }
}

test('whatever header new content has, its fields arrive in its order', async () => {
  await fc.assert(
    fc.asyncProperty(fields, fields, fc.nat(8), async (old, wanted, at) => {
      const seen = [...wanted.slice(0, at), TOP, ...wanted.slice(at)]
      const { header } = await changed(old, seen, true)
      expect(header.filter((one) => one !== OWN)).toEqual(wanted)
      expect(header.filter((one) => one === OWN)).toHaveLength(1)
    }),
    { numRuns: 500 },
  )
})

const edit: fc.Arbitrary<HeaderEdit> = fc.oneof(
  fc.record({ add: fc.constantFrom('X-A', 'X-B', 'X-New'), value: fc.constantFrom('a', 'b', 'long '.repeat(30)) }),
  fc.record({ remove: fc.constantFrom('X-A', 'x-b', 'X-*', 'Subject') }),
)

test('what edits add is above the Received of Postfix, and nothing but what they remove goes', async () => {
  await fc.assert(
    fc.asyncProperty(fields, fc.array(edit, { maxLength: 4 }), async (old, edits) => {
      const original = await content([TOP, ...old])
      const final = await editContent(original, edits)
      const packets = await headerChanges({
        original,
        final,
        rewritten: false,
        edits,
      })
      const header = applied(packets ?? [], old, OWN).map((one) => (one === OWN ? TOP : one))
      const block = Buffer.from([TOP, ...old, ''].join('\r\n'), 'latin1')
      expect(`${header.join('\r\n')}\r\n`).toBe(Buffer.from(editHeaders(block, edits)).toString('latin1'))
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['nothing', ['X-A: a', 'X-B: b'], ['X-A: a', 'X-B: b'], ''],
  ['another subject stays where it was', ['X-A: a', 'Subject: a', 'X-B: b'], ['X-A: a', 'Subject: c', 'X-B: b'], 'm'],
  ['a field at the end', ['X-A: a'], ['X-A: a', 'X-B: b', 'X-C: c'], 'hh'],
  ['a field on top', ['X-A: a'], ['X-B: b', 'X-A: a'], 'i'],
  ['the last of three', ['X-A: 1', 'X-A: 2', 'X-A: 3'], ['X-A: 1', 'X-A: 2'], 'm'],
])('new content changes no more than it must: %s', async (_, old, wanted, commands) => {
  const { packets, header } = await changed(old, [TOP, ...wanted], true)
  expect(packets.map((packet) => packet.toString('latin1', 4, 5)).join('')).toBe(commands)
  expect(header.filter((one) => one !== OWN)).toEqual(wanted)
})

test('the Received of Postfix cannot be removed, and that is no error', async () => {
  const { packets, header } = await changed(['Received: by a', 'X-A: a'], ['X-A: a'], false)
  expect(packets).toHaveLength(1)
  expect(header).toEqual([OWN, 'X-A: a'])
})

test('thousands of fields that are to be removed are more than cleanup(8) can be asked for', async () => {
  const old = Array.from({ length: 5000 }, (_, n) => `X-A: ${n}`)
  const [original, final] = [await content([TOP, ...old]), await content([TOP])]
  expect(await headerChanges({ original, final, rewritten: false, edits: [] })).toBeUndefined()
})

test('a header that is too large to be compared only gets fields', async () => {
  const old = Array.from({ length: 20_000 }, (_, n) => `X-${n}: a`)
  const original = await content([TOP, ...old])
  const add = [{ add: 'X-Candy-Status', value: 'x' }]
  const changes = async (edits: readonly HeaderEdit[]): Promise<readonly string[] | undefined> => {
    const final = await editContent(original, edits)
    const packets = await headerChanges({ original, final, rewritten: false, edits })
    return packets?.map((packet) => packet.toString('latin1', 4))
  }
  expect(await changes(add)).toEqual(['i\0\0\0\0X-Candy-Status\0 x\0'])
  expect(await changes([{ remove: 'X-Nothing' }])).toEqual([])
  expect(await changes([...add, { remove: 'X-1' }])).toBeUndefined()
})
