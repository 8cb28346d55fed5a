/** The page of a month in a real browser: at the width of a desk and of telephones, on light and on dark, and printed. */
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPage, startBrowser } from '../../../../test/kit/browser.js'
import { makeScratch, type Scratch } from '../../../../test/kit/scratch.js'
import type { HistoryRecord } from '../../src/history/record.js'
import { countFigures } from '../../src/report/figures.js'
import { printPage } from '../../src/report/page.js'
import { DARK, LIGHT } from '../../src/report/palette.js'
import { inventMonth } from './month.js'
import { record, rejected, SPAN } from './records.js'

let browser: Browser
let scratch: Scratch
beforeAll(async () => {
  scratch = await makeScratch('browser')
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await scratch.remove()
})

/** Writes the page. Gives its address. */
async function write(name: string, records: Iterable<HistoryRecord>): Promise<string> {
  const figures = await countFigures(records, SPAN)
  const site = { host: 'mail.example.org', configDirectory: '/etc/postfix', version: '1.0.0', made: SPAN.to }
  const path = join(scratch.path, `${name}.html`)
  writeFileSync(path, printPage({ figures, asked: SPAN, begins: SPAN.from, damaged: 0 }, site))
  return pathToFileURL(path).href
}

/** How many cells of the table of hours have numbers that are cut off. */
const CUT_CELLS = `[...document.querySelectorAll('.heat td')].filter((cell) => cell.scrollWidth > cell.clientWidth).length`

const LONG = 'x'.repeat(120)

describe.each([
  ['a month', () => inventMonth({ from: SPAN.from, days: 30, messages: 20_000 })],
  ['one message', () => [record()]],
  ['no message', () => []],
  ['texts without a blank', () => Array.from({ length: 30 }, (_, n) => rejected(`${n}${LONG}`, `${n}-${LONG}`))],
])('the page of %s', (name, records) => {
  let path = ''
  beforeAll(async () => {
    path = await write(name, records())
  })

  test('fits every width, and nothing is complained about', async () => {
    const { page, complaints } = await openPage(browser, path, { width: 1280, colorScheme: 'light' })
    for (const width of [1280, 390, 360]) {
      await page.setViewportSize({ width, height: 900 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
        const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
        expect(background).toBe(printColour(colorScheme === 'light' ? LIGHT.paper : DARK.paper))
      }
    }
    expect(complaints).toEqual([])
  })

  test('prints', async () => {
    const { page } = await openPage(browser, path, { width: 1280, colorScheme: 'dark' })
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    // What is between the margins of A4: nothing may be cut off there, since paper does not scroll.
    await page.emulateMedia({ media: 'print' })
    await page.setViewportSize({ width: 688, height: 900 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(688)
    expect(await page.evaluate(CUT_CELLS)).toBe(0)
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(printColour(LIGHT.paper))
  })
})

test('bars are where the numbers say, and tell them where the pointer is', async () => {
  const path = await write('bars', [
    ...Array.from({ length: 30 }, () => record()),
    ...Array.from({ length: 10 }, () => rejected('virus found: A')),
  ])
  const { page } = await openPage(browser, path, { width: 1280, colorScheme: 'light' })
  const column = page.locator('svg[role=img]').first().locator('g', { hasText: 'Sun 15 Nov' })
  expect(await column.locator('title').textContent()).toBe('Sun 15 Nov: 40 messages, 30 accepted, 10 refused')
  const heights = await Promise.all(
    ['.accept', '.refuse'].map(async (name) => (await column.locator(name).boundingBox())?.height ?? 0),
  )
  expect((heights[0] ?? 0) / (heights[1] ?? 1)).toBeCloseTo(3, 1)
})

test('a text that is an attack runs no script and loads nothing', async () => {
  const path = await write('attack', [
    rejected('<script>document.title = "taken"</script>'),
    rejected('"><img src="http://127.0.0.1:9/x" onerror="document.title = \'taken\'">'),
    rejected('</style><style>@import "http://127.0.0.1:9/y";body{display:none}'),
  ])
  const { page, complaints } = await openPage(browser, path, { width: 390, colorScheme: 'dark' })
  expect(await page.title()).toBe('Mail of mail.example.org, 1 Nov 2026 – 30 Nov 2026')
  expect(await page.locator('body').isVisible()).toBe(true)
  expect(await page.locator('img, script').count()).toBe(0)
  expect(await page.getByText('<script>document.title').count()).toBe(1)
  expect(complaints).toEqual([])
})

test('a browser would stop a script and another style all the same', async () => {
  const path = await write('policy', [record()])
  const { page, complaints } = await openPage(browser, path, { width: 390, colorScheme: 'light' })
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<p style="color: red">')
    document.body.append(document.createElement('script')); document.body.lastChild.textContent = 'document.title = "taken"'`)
  await expect.poll(() => complaints.join()).toContain('Content Security Policy')
  expect(await page.title()).not.toBe('taken')
})

test('the picture of docs/report.md is small; CANDY_PICTURE says where to put it', async () => {
  const month = inventMonth({ from: SPAN.from, days: 30, messages: 100_000 })
  const { page } = await openPage(browser, await write('picture', month), { width: 1040, colorScheme: 'light' })
  const path = process.env.CANDY_PICTURE ?? join(scratch.path, 'report.png')
  await page.screenshot({ path, clip: { x: 0, y: 0, width: 1040, height: 925 }, fullPage: true })
  expect(statSync(path).size).toBeLessThan(100 * 1024)
})

/** As browsers print it: `rgb(20, 24, 29)`. */
function printColour(hex: string): string {
  return `rgb(${[1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(', ')})`
}
