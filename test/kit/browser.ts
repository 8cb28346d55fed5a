/** A real browser, Debian's Chromium without a window, that looks at pages. */
import { execFileSync } from 'node:child_process'
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
  /** What the page may ask for beside itself: addresses that begin so. */
  readonly origin?: string
}

/** A page, and whatever the browser complains about: errors, what a Content-Security-Policy has stopped, and requests that may not be. */
export interface OpenPage {
  readonly page: Page
  readonly complaints: readonly string[]
}

/** Opens an address. The page is closed when the test has finished. */
export async function openPage(browser: Browser, url: string, view: View): Promise<OpenPage> {
  const { width, colorScheme, origin } = view
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  onTestFinished(() => page.close())
  page.setDefaultTimeout(TIMEOUT)
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const asked = request.url()
    if (asked !== url && (origin === undefined || !asked.startsWith(origin))) complaints.push(`asked for ${asked}`)
  })
  await page.goto(url)
  return { page, complaints }
}
