/** The report of a history in real files: a month of 100,000 messages, and histories that begin late, end early or are damaged. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { printPage } from '../../src/report/page.js'
import { readReport } from '../../src/report/report.js'
import { scratch } from '../support.js'
import { inventMonth } from './month.js'
import { record } from './records.js'
import { writeHistory } from './written-history.js'

const SITE = { host: 'mail.example.org', configDirectory: '/etc/postfix', version: '1.0.0', made: new Date() }
const NOVEMBER = { from: new Date(2026, 10, 1), to: new Date(2026, 11, 1) }

test('a month of 100,000 messages is counted in seconds, and its page is below 500 KiB', async () => {
  const state = scratch()
  writeHistory(join(state, 'history'), inventMonth({ from: NOVEMBER.from, days: 30, messages: 100_000 }))
  const start = process.cpuUsage()
  const report = await readReport(state, NOVEMBER)
  const page = printPage(report, SITE)
  const { user, system } = process.cpuUsage(start)
  expect(report.figures.messages).toBe(100_000)
  expect(report.figures.periods).toHaveLength(30)
  expect((user + system) / 1e6).toBeLessThan(10)
  expect(Buffer.byteLength(page)).toBeLessThan(500 * 1024)
})

test('the figures begin with the day on which the history begins', async () => {
  const state = scratch()
  const begins = new Date(2026, 10, 20, 14, 30)
  writeHistory(join(state, 'history'), [record({ time: begins.toISOString() })])
  const { figures, asked, ...report } = await readReport(state, NOVEMBER)
  expect(report).toEqual({ begins, damaged: 0 })
  expect(asked).toEqual(NOVEMBER)
  expect(figures.span).toEqual({ from: new Date(2026, 10, 20), to: NOVEMBER.to })
  expect(figures.periods).toHaveLength(11)
})

test('a history that begins after the span leaves the span as it was asked for', async () => {
  const state = scratch()
  writeHistory(join(state, 'history'), [record({ time: new Date(2026, 11, 24).toISOString() })])
  const { figures, begins } = await readReport(state, NOVEMBER)
  expect(figures).toMatchObject({ messages: 0, span: NOVEMBER })
  expect(begins).toEqual(new Date(2026, 11, 24))
})

test('there may be no history', async () => {
  const { figures, begins } = await readReport(join(scratch(), 'nowhere'), NOVEMBER)
  expect([figures.messages, begins]).toEqual([0, undefined])
})

test('damaged lines are counted', async () => {
  const state = scratch()
  const time = new Date(2026, 10, 20, 12).toISOString()
  writeHistory(join(state, 'history'), [record({ time })])
  appendFileSync(join(state, `history/${time.slice(0, 10)}.001.jsonl`), '{"time":"2026-1\nnonsense\n')
  expect(await readReport(state, NOVEMBER)).toMatchObject({ damaged: 2, figures: { messages: 1 } })
})

test('what lies in the quarantine is measured, where there is one', async () => {
  const state = scratch()
  expect(await readReport(state, NOVEMBER)).not.toHaveProperty('quarantine')
  mkdirSync(join(state, 'quarantine/20261120T120000Z-ID'), { recursive: true })
  writeFileSync(join(state, 'quarantine/20261120T120000Z-ID/message.eml'), 'Subject: x\r\n\r\n')
  const report = await readReport(state, NOVEMBER)
  expect(report.quarantine).toEqual({ messages: 1, bytes: 14 })
  expect(printPage(report, SITE)).toContain('1 message, 14 bytes.')
})
