/** A real browser, Debian's Chromium without a window, that looks at pages. */
import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

/** The tests run as root, where Chromium has no sandbox; and it asks nobody for updates. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Milliseconds: on a busy machine it starts late. */
const TIMEOUT = 120_000

/** Starts it with a new profile, which is gone when it is closed. */
export function startBrowser(): Promise<Browser> {
  const executablePath = execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim()
  return chromium.launch({ executablePath, args: ARGUMENTS, timeout: TIMEOUT })
}

export interface View {
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
}

/** A page of the report, and whatever the browser complains about: errors, and what the Content-Security-Policy has stopped. */
export interface OpenPage {
  readonly page: Page
  readonly complaints: readonly string[]
}

/** Opens a file. It is closed when the test has finished. */
export async function openPage(browser: Browser, path: string, { width, colorScheme }: View): Promise<OpenPage> {
  const url = pathToFileURL(path).href
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  onTestFinished(() => page.close())
  page.setDefaultTimeout(TIMEOUT)
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (request.url() !== url) complaints.push(`asked for ${request.url()}`)
  })
  await page.goto(url)
  return { page, complaints }
}
