import { expect, test } from 'vitest'
import type { HistoryRecord } from '../../src/history/record.js'
import { countFigures } from '../../src/report/figures.js'
import { printPage } from '../../src/report/page.js'
import type { Report } from '../../src/report/report.js'
import { record, rejected, SPAN } from './records.js'

const SITE = {
  host: 'mail.example.org',
  configDirectory: '/etc/postfix',
  version: '1.0.0',
  made: new Date(2026, 11, 1),
}

async function pageOf(records: readonly HistoryRecord[], members: Partial<Report> = {}): Promise<string> {
  const figures = await countFigures(records, SPAN)
  return printPage({ figures, asked: SPAN, begins: SPAN.from, damaged: 0, ...members }, SITE)
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><style>body{display:none}',
  '</title><base href=//evil.example>',
  '<!--',
  '&lt;b&gt;',
]

test('texts of filters and strangers are text, wherever they are shown', async () => {
  const errors = HOSTILE.map((text) => ({ name: text, action: 'error', milliseconds: 1, code: text, text }) as const)
  const records = [
    ...HOSTILE.map((text) => rejected(text, text)),
    record({
      action: 'defer',
      reason: HOSTILE[0] ?? '',
      filters: errors,
      mode: HOSTILE[1] ?? '',
      id: HOSTILE[2] ?? '',
    }),
  ]
  const page = await pageOf(records)
  const tags = Array.from(page.matchAll(/<(\/?[\w!-]+)([^>]*)>/g))
  const names = new Set(tags.map(([, name = '']) => name))
  for (const name of ['script', 'img', 'base', 'b', '!--']) expect(names).not.toContain(name)
  const attributes = tags.flatMap(([, , rest = '']) => rest.replace(/"[^"]*"/g, '').match(/[\w-]+/g) ?? [])
  expect(attributes.filter((name) => name.startsWith('on'))).toEqual([])
  expect(page.match(/<style/g)).toHaveLength(1)
  expect(page.match(/<title>Mail/g)).toHaveLength(1)
  expect(page).toContain('&lt;script&gt;alert(N)&lt;/script&gt;')
  expect(page).toContain('&amp;lt;b&amp;gt;')
})

test('nothing is loaded, and nothing may be: no script, style attribute, link or address', async () => {
  const page = await pageOf([record(), rejected('virus found: A')])
  for (const [tag] of page.matchAll(/<\w[^>]*>/g)) expect(tag).not.toMatch(/\s(?:style|src|href|on\w+)=/)
  expect(page).not.toMatch(/https?:|@import|url\(/)
  expect(page).toContain('default-src &#39;none&#39;; style-src &#39;sha256-')
})

test('what there was none of is said, in place of an empty chart or table', async () => {
  const page = await pageOf([record(), record()])
  expect(page).toContain('2 messages for 2 recipients were judged')
  expect(page).toContain('All went on.')
  expect(page).toContain('no message was refused, quarantined, discarded or deferred')
  expect(page).toContain('the filters accepted all that they judged')
  expect(page).toContain('No filter was asked.')
  expect(page).toContain('every accepted message was handed on')
})

test.each([
  ['there is no history', {}, 'no message has been judged yet, or the service has never run'],
  [
    'no mail came',
    { begins: new Date(2026, 9, 3, 7, 30) },
    'No mail in this span. The history begins on 3 Oct 2026, 07:30.',
  ],
] as const)('a page without figures says that %s', async (_, { begins }: { begins?: Date }, text) => {
  const figures = await countFigures([], SPAN)
  const page = printPage({ figures, asked: SPAN, damaged: 0, ...(begins !== undefined && { begins }) }, SITE)
  expect(page).toContain(text)
  expect(page).not.toContain('<svg')
  expect(page).not.toContain('<table')
})

test('a history that begins later, and lines that could not be read, are said', async () => {
  const page = await pageOf([record()], { begins: new Date(2026, 10, 12, 9, 13), damaged: 2 })
  expect(page).toContain('The history begins on 12 Nov 2026, 09:13; of what was before nothing is known.')
  expect(page).toContain('2 lines of the history could not be read and are not counted.')
})

test('a history that begins on the first day is no news', async () => {
  expect(await pageOf([record()], { begins: new Date(2026, 10, 1, 0, 1) })).not.toContain('The history begins')
})

test('numbers have separators, the time zone is said, and a count that may be too low is marked', async () => {
  const page = await pageOf([
    record({ recipients: 12_345 }),
    ...Array.from({ length: 5_000 }, (_, n) => rejected(`x${n.toString(36)}y`)),
    rejected('late'),
    rejected('late'),
  ])
  expect(page).toContain('5,003 messages for 17,347 recipients')
  expect(page).toContain('≥ 2')
  expect(page).toMatch(/And 4,\d{3} other findings/)
  expect(page).toContain(Intl.DateTimeFormat().resolvedOptions().timeZone)
})
