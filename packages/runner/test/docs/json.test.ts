/** The tables of docs/json.md that describe outcomes and records of the quarantine, against the JSON that is written. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { code, readPage, readTable } from '../../../../test/kit/pages.js'
import type { StoppedOutcome } from '../../src/chain/outcome.js'
import { toJson } from '../../src/cli/outcome.js'
import { recordOf } from '../../src/delivery/judged-record.js'
import { quarantine } from '../../src/delivery/quarantined.js'
import { printRecord } from '../../src/history/record.js'
import { chunks, scratch } from '../support.js'

const page = readPage('docs/json.md')
const [, record = ''] = page.split('## `record.json`')

const TEXT = 'From: a\r\nSubject: caf\xe9\r\nMessage-ID: <1@a>\r\n'
const content = { size: TEXT.length, open: () => chunks(TEXT), headers: async () => Buffer.from(TEXT, 'latin1') }
const commands = {
  xforward: [Buffer.from('XFORWARD NAME=c.example')],
  mail: Buffer.from('MAIL FROM:<s@example.com> RET=HDRS'),
  recipients: [Buffer.from('RCPT TO:<r@example.net> ORCPT=rfc822;\xff', 'latin1')],
}
const client = { address: '192.0.2.1', name: 'c.example', helo: 'h.example', protocol: 'ESMTP', login: 'joe' }
const message = {
  id: 'ID',
  envelope: { sender: 's@example.com', recipients: ['r@example.net'], client },
  content,
} as const
const outcome: StoppedOutcome = {
  action: 'quarantine',
  reason: { filter: 'av', text: 'virus', status: [7, 1] },
  content,
  edits: [],
  rewritten: false,
  reports: [
    { name: 'av', action: 'error', milliseconds: 3, text: 'no clamd', code: 'SCANNER_UNREACHABLE', askable: true },
  ],
  close: async () => {},
}

test('record.json has the members that the page names, and no others', async () => {
  const directory = scratch()
  const name = await quarantine({ message, outcome }, { directory, mode: 'smtp', commands })
  const written = JSON.parse(readFileSync(join(directory, name, 'record.json'), 'utf8'))
  const rows = readTable(record, 'member')
  expect(rows.map(({ member }) => code(member))).toEqual(Object.keys(written))
  for (const part of ['envelope', 'commands', 'reason', 'header']) {
    const cell = rows.find(({ member }) => code(member) === part)?.is ?? ''
    for (const key of Object.keys(written[part])) expect(cell).toContain(`\`${key}\``)
  }
  for (const key of Object.keys(client)) expect(record).toContain(`\`${key}\``)
  expect(written).toEqual({
    ...written,
    version: 1,
    id: 'ID',
    mode: 'smtp',
    envelope: message.envelope,
    commands: {
      xforward: ['XFORWARD NAME=c.example'],
      mail: 'MAIL FROM:<s@example.com> RET=HDRS',
      recipients: ['RCPT TO:<r@example.net> ORCPT=rfc822;\xff'],
    },
    reason: outcome.reason,
    header: { from: 'a', subject: 'caf\xe9', messageId: '<1@a>' },
    size: TEXT.length,
  })
})

test('candy check --json has the members that the page names, and a report has, too', () => {
  const json = toJson({ envelope: message.envelope, header: new Uint8Array() }, [{ positions: [0], message, outcome }])
  expect(readTable(page, 'member').map(({ member }) => code(member))).toEqual(Object.keys(json))
  const [, reports = ''] = page.split('\nA report:\n')
  const members = readTable(reports, 'member').map(({ member }) => code(member))
  expect(members).toEqual(Object.keys(outcome.reports[0] ?? {}))
})

test('a line of the history has the members that the page names, and no others', () => {
  const [, history = ''] = page.split('## The history')
  const group = { positions: [0], message, outcome }
  const judged = { group, messageId: undefined, answer: '', statusClass: 2 } as const
  const written = JSON.parse(printRecord(recordOf(judged, { mode: 'smtp', receivedAt: 0, addresses: true })))
  expect(readTable(history, 'member').map(({ member }) => code(member))).toEqual(Object.keys(written))
})
