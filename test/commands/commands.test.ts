/** Each command on the pages of docs/ is typed, on one mail host, and does what the page says. The pages follow each other as a life would. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Host, startHost } from './host.js'
import { pagesWithCommands, type Typed, typedOn, unneeded } from './typed.js'

/** Milliseconds. */
const LIMIT = 300_000
const START = 'getting-started.md'
/** They change the mode, or end it all. */
const LAST = ['choosing-a-mode.md', 'migrating.md', 'enable.md']
const PAGES = pagesWithCommands().filter((page) => typedOn(page).length > 0)
const LIVING = PAGES.filter((page) => page !== START && !LAST.includes(page))

/** They change nothing, so once is enough. */
const LOOKING = /^candy (?:check|doctor|list|report|status)\b/
/** What the pages call a message that is held. */
const HELD = /4cJWtt1Lq9z5t|4jblgW1yTrzJHfH/

let host: Host
const looked = new Set<string>()

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host?.stop())

async function type({ line, statuses }: Typed): Promise<string> {
  if (LOOKING.test(line)) {
    if (looked.has(line)) return ''
    looked.add(line)
  }
  const [held = ''] = (await host.quarantined()).slice(-1)
  const here = line.replace(HELD, held).replace('/var/log/mail.log*', '"$(postconf -h maillog_file)"*')
  const said = await host.type(here, statuses)
  // Debian's spamd listens on a port that every host of this machine would share.
  if (line === 'candy add @candy/filter-spamassassin') {
    await host.edit('60-spamassassin.toml', /^#? ?addresses = .*$/m, `addresses = ["${host.spamd?.socket}"]`)
    await host.type('candy reload')
  }
  return said
}

/** Has one message more in the quarantine. */
async function sendVirus(): Promise<void> {
  const before = (await host.quarantined()).length
  const [virus] = typedOn(START).filter(({ line }) => line.includes('EICAR'))
  await host.type(virus?.line ?? '')
  await host.postfix.waitUntil('one message more in the quarantine', async () => {
    return (await host.quarantined()).length > before
  })
}

test('no exception is left over', () => {
  expect(unneeded()).toEqual([])
})

test('getting started: from nothing to a caught virus, and back', { timeout: LIMIT }, async () => {
  const said: string[] = []
  for (const typed of typedOn(START)) {
    said.push(await type(typed))
    if (!typed.line.includes('| sendmail')) continue
    await host.postfix.waitUntilEmpty()
    if (typed.line.includes('EICAR')) expect(await host.quarantined()).toHaveLength(1)
    else expect((await host.sink.waitFor(1))[0]?.bytes.toString()).toContain('\r\nX-Virus-Scanned: ')
  }
  expect(host.sink.messages).toHaveLength(1)
  expect(said.join('')).toContain('virus found')
  expect(said.at(-1)).toContain('candy is disabled')
  await host.type('candy enable')
})

test.each(LIVING)('what %s says can be typed', { timeout: LIMIT }, async (page) => {
  const lines = typedOn(page)
  if (lines.some(({ line }) => HELD.test(line))) await sendVirus()
  for (const typed of lines) await type(typed)
})

test.each(LAST)('what %s says can be typed, and mail is filtered in the end', { timeout: LIMIT }, async (page) => {
  for (const typed of typedOn(page)) await type(typed)
  host.sink.clear()
  await host.type('printf "Subject: lunch\\n\\nAt noon?\\n" | sendmail bob@example.net')
  const [message] = await host.sink.waitFor(1)
  expect(message?.bytes.toString()).toContain('\r\nX-Virus-Scanned: ')
})
