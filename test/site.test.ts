/** The documentation site as `npm run docs` builds it, in a real browser at the width of a desk and of a telephone. */
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPage, startBrowser } from './kit/browser.js'
import { runCommand } from './kit/command.js'
import { ROOT } from './kit/pages.js'
import { makeScratch, type Scratch } from './kit/scratch.js'

const SITE = join(ROOT, 'site')
/** In a folder of its host, as the pages of a project are. */
const BASE = '/folder/'
const WIDTHS = [1280, 390]
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.txt': 'text/plain',
}

let scratch: Scratch
let browser: Browser
let server: Server
let origin: string
let said: string
/** By their names in the directory of the site. */
let pages: readonly string[]

beforeAll(async () => {
  scratch = await makeScratch('site')
  const vitepress = join(SITE, 'node_modules/.bin/vitepress')
  said = (
    await runCommand('sh', [
      '-c',
      'CANDY_DOCS_BASE="$0" "$@" 2>&1',
      BASE,
      vitepress,
      'build',
      SITE,
      '--outDir',
      scratch.path,
    ])
  ).toString()
  pages = readdirSync(scratch.path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname
    const file = path.startsWith(BASE) ? join(scratch.path, path.slice(BASE.length)) : ''
    const content = await readFile(file).catch(() => undefined)
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': TYPES[extname(path)] ?? '' }).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`
  browser = await startBrowser()
}, 300_000)

afterAll(async () => {
  await browser?.close()
  server?.close()
  await scratch?.remove()
})

test('it is built without a warning', () => {
  expect(said).toContain('build complete')
  expect(said).not.toMatch(/warn|\(!\)|not loaded|deprecat/i)
})

test('every page of docs/ is there', () => {
  const sources = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  const expected = sources
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.replace(/README\.md$/, 'index.md').replace(/md$/, 'html'))
  expect(pages).toEqual(expect.arrayContaining(expected))
})

test('no page scrolls sideways, and the browser complains about none', { timeout: 300_000 }, async () => {
  const { page, complaints } = await openPage(browser, origin, { width: 1280, colorScheme: 'light', origin })
  const tooWide: string[] = []
  // Decisions look like each other, and so do READMEs.
  for (const name of pages.filter((one) => !one.includes('/') || /^(?:bench|reference)\//.test(one))) {
    await page.goto(`${origin}${name}`)
    expect(await page.locator('h1').first().textContent()).not.toBe('')
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 })
      const needed = await page.evaluate('document.documentElement.scrollWidth')
      if (needed !== width) tooWide.push(`${name} at ${width}: ${needed}`)
    }
  }
  expect(tooWide).toEqual([])
  expect(complaints).toEqual([])
})

test.each(WIDTHS)('the search finds EICAR in a window of %d pixels, and leads there', async (width) => {
  const { page, complaints } = await openPage(browser, origin, { width, colorScheme: 'dark', origin })
  await page.locator('#local-search button').first().click()
  await page.locator('#localsearch-input').fill('EICAR')
  const results = page.locator('#localsearch-list .result')
  await results.first().waitFor()
  const address = await results.first().getAttribute('href')
  await results.first().click()
  await page.waitForURL(`**${address}`)
  await expect.poll(() => page.locator('.vp-doc').textContent()).toContain('EICAR')
  expect(complaints).toEqual([])
})
