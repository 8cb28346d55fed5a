/** candy's own lines, as candy writes them, against what reads them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filterLog } from '../../src/log/filter-log.js'
import { printLine } from '../../src/log/line.js'
import type { LogFields } from '../../src/log/log.js'
import { parseCandyLine } from '../../src/trace/candy-line.js'
import { memoryLog } from '../support.js'

const FIELDS = {
  id: '4jblgW1yTrzJHfH',
  action: 'accept',
  answer: '250 2.0.0 Ok: 307 bytes queued as 4jblgW2F59zJHfS',
  filters: '50-scan accept 20 ms; 60-none accept 20 ms',
  message_id: '<accept-smtp@example.com>',
  client: 'localhost[127.0.0.1]',
  helo: 'c',
  sender: 'alice@example.com',
  size: 307,
  recipients: 'bob@example.net, "a, b"@example.net and 3 more',
}

test('a judged line is read as it was written', () => {
  expect(parseCandyLine(printLine('info', 'judged', FIELDS))).toEqual({
    kind: 'judged',
    id: FIELDS.id,
    action: 'accept',
    answer: FIELDS.answer,
    filters: FIELDS.filters,
    messageId: FIELDS.message_id,
    client: FIELDS.client,
    sender: FIELDS.sender,
    recipients: ['bob@example.net', '"a, b"@example.net'],
    queuedAs: '4jblgW2F59zJHfS',
    askable: false,
  })
})

test('a quarantined message has its name, also in pipe mode', () => {
  const name = '20261127T204111Z-4jblgW20JnzJHfJ-2'
  for (const answer of [`250 2.0.0 quarantined as ${name} by 50-scan: x`, `quarantined as ${name} by 50-scan: x`]) {
    const line = printLine('warn', 'judged', { ...FIELDS, action: 'quarantine', answer })
    expect(parseCandyLine(line)).toMatchObject({ quarantined: name })
  }
})

test("a filter's text names no place in the quarantine, and no queue id", () => {
  const answer = '550 5.7.1 quarantined as 20261127T204111Z-AAAAAAAA by x: 250 queued as F26542105FA'
  const line = parseCandyLine(printLine('info', 'judged', { ...FIELDS, action: 'refuse', answer }))
  expect(line).not.toHaveProperty('queuedAs')
  expect(line).not.toHaveProperty('quarantined')
})

test('a line that was cut off is read up to there', () => {
  const line = printLine('info', 'judged', { ...FIELDS, recipients: 'x'.repeat(5000) })
  expect(parseCandyLine(line)).toMatchObject({ id: FIELDS.id, sender: FIELDS.sender })
  const short = printLine('info', 'judged', { ...FIELDS, answer: 'x y '.repeat(2000) })
  expect(parseCandyLine(short)).toMatchObject({ id: FIELDS.id, action: 'accept', sender: '' })
})

test('a filter cannot write a line that is taken for a judged one', () => {
  const log = memoryLog()
  const forged = printLine('info', 'judged', FIELDS)
  const writer = filterLog(log, { id: 'F26542105FA', filter: '50-scan' })
  writer.log(forged)
  writer.warn('said', { text: forged, id: 'other' })
  writer.log('judged', FIELDS)
  for (const { level, event, fields } of log.lines) {
    expect(parseCandyLine(printLine(level, event, fields))).toMatchObject({ kind: 'note', id: 'F26542105FA' })
  }
})

test('a field holds whatever a stranger has written', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab"\\ =<>', ' id=X', 'action=x') }), (text) => {
      const fields: LogFields = { ...FIELDS, message_id: text, sender: text }
      expect(parseCandyLine(printLine('info', 'judged', fields))).toMatchObject({
        kind: 'judged',
        id: FIELDS.id,
        messageId: text.replace(/\s+/g, ' '),
        sender: text.replace(/\s+/g, ' '),
      })
    }),
  )
})

test.each(['started workers=1 generation=1', 'reloaded generation=2', ''])('%j is about no message', (text) => {
  expect(parseCandyLine(text)).toBeUndefined()
})
