import { expect, test } from 'vitest'
import { parseRecord } from '../../src/quarantine/record.js'
import { RECORD } from './stored.js'

test('what was written is read, and members of a later version with it', () => {
  expect(parseRecord(JSON.stringify(RECORD))).toEqual(RECORD)
  expect(parseRecord(JSON.stringify({ ...RECORD, later: 1 }))).toEqual({ ...RECORD, later: 1 })
})

test.each([
  ['', 'is not JSON'],
  ['[]', 'is no object'],
  ['null', 'is no object'],
  ['{}', 'has version undefined, and this candy knows 1'],
  [JSON.stringify({ ...RECORD, version: 2 }), 'has version 2, and this candy knows 1'],
  [JSON.stringify({ ...RECORD, id: 1 }), 'has no usable member id'],
  [JSON.stringify({ ...RECORD, envelope: { sender: 'a', recipients: [1] } }), 'has no usable member envelope'],
  [
    JSON.stringify({ ...RECORD, envelope: { ...RECORD.envelope, client: { address: {} } } }),
    'has no usable member envelope',
  ],
  [JSON.stringify({ ...RECORD, commands: { ...RECORD.commands, mail: [] } }), 'has no usable member commands'],
  [
    JSON.stringify({ ...RECORD, commands: { ...RECORD.commands, recipients: [] } }),
    'has not one command for each recipient',
  ],
  [JSON.stringify({ ...RECORD, reports: [null] }), 'has no usable member reports'],
  [JSON.stringify({ ...RECORD, header: { subject: 1 } }), 'has no usable member header'],
  [JSON.stringify({ ...RECORD, size: '5' }), 'has no usable member size'],
])('%j is refused: it %s', (text, problem) => expect(() => parseRecord(text)).toThrow(problem))
