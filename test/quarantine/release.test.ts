/**
 * A message that was quarantined and is released arrives as the same message does that no filter stops: byte for byte, with the envelope and
 * the delivery status notifications that its sender asked for, in every mode, and nobody judges it again.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Site, startSite } from '../enable/site.js'
import { deliver } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import type { Received } from '../kit/sink.js'

/** Stops what has a word in its subject, and marks all else that it sees. */
const JUDGE = `
  const subject = /^Subject: (.*)/m.exec(Buffer.from(await message.headers()).toString('latin1'))?.[1] ?? ''
  if (subject.includes('stop')) return { action: 'quarantine', text: 'look at it' }
  return { action: 'accept', edits: [{ add: 'X-Judged', value: 'yes' }] }`

const HEADER =
  'From: a@example.com\r\nDate: Fri, 27 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nX-Odd:   y\r\nX-Long: '.concat(
    'z'.repeat(1_500),
    '\r\nX-Eight: caf\xe9\r\nX-Spam-Status: forged\r\n',
  )
const BODY = '\r\n.\r\n..dot\r\n\tcaf\xe9 '.concat('w'.repeat(2_000), '\r\n')

interface Options {
  readonly sender?: string
  readonly recipients?: readonly string[]
  readonly mail?: string
  readonly rcpt?: string
}

async function send({ postfix }: Site, subject: string, options: Options = {}): Promise<void> {
  const { sender = 'a@example.com', recipients = ['b@example.net', 'c@example.net'], mail, rcpt } = options
  await deliver(postfix.port, {
    sender,
    recipients: [...recipients],
    bytes: Buffer.from(`Subject: ${subject}\r\n${HEADER}${BODY}`, 'latin1'),
    ...(mail !== undefined && { mail }),
    ...(rcpt !== undefined && { rcpt }),
  })
}

/** Sends a message that is stopped, and waits until the quarantine has it, whatever else is there. */
async function stop(site: Site, options?: Options): Promise<void> {
  // What is being written has a dot before its name.
  const count = async (): Promise<number> => (await site.quarantined()).filter((name) => !name.startsWith('.')).length
  const before = await count()
  await send(site, 'stop', options)
  await site.postfix.waitUntil('the quarantine', async () => (await count()) > before)
}

/** Without the fields that Postfix puts on top, and the word that says what is to become of it. */
function contentOf(message: Received | undefined): string {
  const text = message?.bytes.toString('latin1') ?? ''
  return text.slice(text.indexOf('\r\nSubject:')).replace(/^\r\nSubject: \w+/, '')
}

/** The commands without the size, which differs with the subject. */
function commandsOf(message: Received | undefined): readonly string[] {
  const lines = [message?.mail, ...(message?.rcpts ?? [])].map((line) => line?.toString('utf8') ?? '')
  return lines.map((line) => line.replace(/ SIZE=\d+/, ''))
}

/** Sends the same message twice: one goes on, the other is stopped and released. Both must arrive alike. */
async function expectAlike(site: Site, options: Options = {}): Promise<readonly string[]> {
  const { sink, postfix } = site
  sink.clear()
  await send(site, 'pass', options)
  const [passed] = await sink.waitFor(1)
  await stop(site, options)
  await postfix.waitUntilEmpty()
  expect(sink.count).toBe(1)
  const [name = ''] = await held(site)
  const { stdout } = await site.candy(['quarantine', 'release', name])
  expect(stdout).toMatch(new RegExp(`^released ${name} to .*: 250 2\\.0\\.0 Ok: queued as \\w+\n$`))
  const [, released] = await sink.waitFor(2)
  expect(contentOf(released)).toBe(contentOf(passed))
  expect(commandsOf(released)).toEqual(commandsOf(passed))
  expect(released?.recipients).toEqual(passed?.recipients)
  expect([passed, released].map((message) => message?.bytes.includes('X-Judged: yes'))).toEqual([true, false])
  const kept = await readFile(join(site.state, 'quarantine', name, 'message.eml'))
  expect(released?.bytes.subarray(-(BODY.length + 10)).equals(kept.subarray(-(BODY.length + 10)))).toBe(true)
  expect(await held(site)).toEqual([])
  return commandsOf(released)
}

async function held(site: Site): Promise<readonly string[]> {
  const { stdout } = await site.candy(['quarantine', 'list', '--state', 'held', '--json'])
  return JSON.parse(stdout).messages.map(({ name }: { readonly name: string }) => name)
}

async function start(mode: string): Promise<Site> {
  const site = await startSite()
  const filter = join(site.directory, 'judge.js')
  await writeFilterFile(filter, { judge: JUDGE })
  await site.writeFilter('50-judge.toml', `filter = "${filter}"\n`)
  site.supervise()
  await site.enable('--mode', mode)
  return site
}

const DSN = {
  mail: 'BODY=8BITMIME RET=HDRS ENVID=QQ+2B314',
  rcpt: 'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old+2Bone@example.net',
}

test.each(['smtp', 'smtp-before', 'milter'] as const)('mode %s', async (mode) => {
  await using site = await start(mode)
  const commands = await expectAlike(site, DSN)
  expect(commands[0]).toContain('ENVID=QQ+2B314 RET=HDRS')
  for (const parameter of ['NOTIFY=SUCCESS,FAILURE', 'ORCPT=rfc822;old+2Bone@example.net'])
    expect(commands[1]).toContain(parameter)
  const international = { sender: 'jörg@exämple.com', recipients: ['bärbel@exämple.net'], mail: 'SMTPUTF8' }
  expect((await expectAlike(site, international))[0]).toContain('SMTPUTF8')
  await expectAlike(site, { sender: '', recipients: ['"b c"@example.net'] })
})

test('mode pipe', async () => {
  await using site = await start('pipe')
  await expectAlike(site)
  await expectAlike(site, { sender: '', recipients: ['"b c"@example.net'] })
})

test('two persons release a message at once, to some of its recipients and to somebody else', async () => {
  await using site = await start('smtp')
  const { sink, postfix } = site
  await stop(site)
  const [name = ''] = await held(site)
  const only = ['quarantine', 'release', name, '--only', 'b@example.net']
  const statuses = await Promise.all([only, only].map((argv) => site.candyIn('"$@"; echo "status $?"', argv)))
  expect(statuses.map(({ stdout }) => /status (\d+)/.exec(stdout)?.[1]).toSorted()).toEqual(['0', '69'])
  await sink.waitFor(1)
  const { stdout } = await site.candy(['quarantine', 'release', name, '--to', 'admin@example.org', '--json'])
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    released: [{ name, recipients: ['admin@example.org'], reply: expect.stringMatching(/^250 /) }],
    kept: [],
  })
  await sink.waitFor(2)
  const rest = await site.candy(['quarantine', 'release', '--all', '--yes'])
  expect(rest.stdout).toContain(`released ${name} to <c@example.net>`)
  await sink.waitFor(3)
  await postfix.waitUntilEmpty()
  expect(sink.messages.map(({ recipients }) => recipients)).toEqual([
    ['b@example.net'],
    ['admin@example.org'],
    ['c@example.net'],
  ])
  const { stderr } = await site.candy(['quarantine', 'release', name], 69)
  expect(stderr).toContain('b@example.net, c@example.net had it before: say --again to send it once more')
  await site.candy(['quarantine', 'release', name, '--again'])
  await sink.waitFor(4)
  const shown = await site.candy(['quarantine', 'show', name])
  expect(shown.stdout).toMatch(/^state +released$/m)
  expect(await site.quarantined()).toEqual([name])
})

test('while Postfix takes no mail nothing is released, and it is said why', async () => {
  await using site = await start('smtp')
  await stop(site)
  await rm(join(site.postfix.queueDirectory, 'public/candy-in'))
  const { stderr } = await site.candy(['quarantine', 'release', '--all', '--yes'], 69)
  expect(stderr).toMatch(/not released: .*\n.*Postfix does not take mail at unix:.*candy-in: does it run/)
  expect(await held(site)).toHaveLength(1)
})
