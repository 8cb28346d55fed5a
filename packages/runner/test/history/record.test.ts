import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HistoryRecord, parseLine, printRecord } from '../../src/history/record.js'
import { makeRecord } from './records.js'

const ascii = fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.trim() || 'x')
const count = fc.nat()
const filter = fc.record(
  {
    name: ascii,
    action: fc.constantFrom('accept', 'reject', 'quarantine', 'defer', 'unscannable', 'error', 'skipped'),
    milliseconds: count,
    text: ascii,
    code: ascii,
  },
  { requiredKeys: ['name', 'action', 'milliseconds'] },
)
const record: fc.Arbitrary<HistoryRecord> = fc.record(
  {
    time: fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    id: ascii,
    mode: ascii,
    action: fc.constantFrom('accept', 'refuse', 'quarantine', 'discard', 'defer'),
    milliseconds: count,
    size: count,
    recipients: count,
    filters: fc.array(filter, { maxLength: 4 }),
    filter: ascii,
    reason: ascii,
    sender: ascii,
    to: fc.array(ascii, { maxLength: 3 }),
  },
  { requiredKeys: ['time', 'id', 'mode', 'action', 'milliseconds', 'size', 'recipients', 'filters'] },
)

/** Runs of blanks become one when a text is made printable. */
const squeezed = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replace(/ +/g, ' '))

test('what is printed is one line, and is read again as what it was', () => {
  fc.assert(
    fc.property(record, (written) => {
      const line = printRecord(written)
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(parseLine(line.trimEnd())).toEqual({ record: squeezed(written), damaged: false })
    }),
  )
})

test('of a record that was torn before another, the other is read', () => {
  fc.assert(
    fc.property(record, record, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (torn, whole, part) => {
      const beginning = printRecord(torn).trimEnd()
      const piece = beginning.slice(0, 1 + Math.floor(part * (beginning.length - 1)))
      expect(parseLine(piece + printRecord(whole).trimEnd())).toEqual({ record: squeezed(whole), damaged: true })
    }),
  )
})

test('whatever stands in a line, reading it does not fail', () => {
  const json = fc.jsonValue().map((value) => JSON.stringify(value))
  const almost = fc
    .tuple(record, fc.constantFrom(...Object.keys(makeRecord())), fc.jsonValue())
    .map(([written, key, value]) => JSON.stringify({ ...written, [key]: value }))
  fc.assert(fc.property(fc.oneof(fc.string(), json, almost), (line) => void parseLine(line)))
})

test.each([
  ['the time is no time', { time: 'yesterday' }],
  ['an action is unknown', { action: 'eat' as 'accept' }],
  ['a number is negative', { size: -1 }],
  ['a filter has no name', { filters: [{ action: 'accept', milliseconds: 1 } as never] }],
])('a line where %s is damaged', (_, changes) => {
  expect(parseLine(JSON.stringify(makeRecord(changes)))).toEqual({ damaged: true })
})

test('texts from the history are safe to print', () => {
  const filters = [{ name: '50-a', action: 'reject', milliseconds: 1, text: 'a\u001b[2J\nb' }] as const
  const { record: read } = parseLine(
    JSON.stringify(makeRecord({ id: '\u0007', filters, sender: '\u00e4@example.com' })),
  )
  expect(read).toMatchObject({ id: '?', filters: [{ text: 'a?[2J b' }], sender: '?@example.com' })
})

test('a line is never long, whatever its sender has chosen', () => {
  const long = 'x'.repeat(100_000)
  const filters = [{ name: '50-a', action: 'reject', milliseconds: 1, text: long }] as const
  const to = Array.from({ length: 1000 }, () => long)
  const line = printRecord(makeRecord({ id: long, filters, sender: long, to }))
  expect(line.length).toBeLessThan(2000)
  expect(parseLine(line.trimEnd()).record?.to).toHaveLength(10)
})
