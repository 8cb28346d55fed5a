/** Pipe mode with real scanners: what clamd and spamd think of a message decides what becomes of it. */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CandyGround, startCandy } from '../ground/candy.js'
import { type Clamd, EICAR, startClamd } from '../ground/clamd.js'
import { deliver } from '../ground/client.js'
import type { Received } from '../ground/sink.js'
import { GTUBE, type Spamd, startSpamd } from '../ground/spamd.js'

const plain =
  'From: a@example.com\r\nTo: b@example.net\r\nSubject: hello\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n'

let ground: CandyGround
let clamd: Clamd
let spamd: Spamd

beforeAll(async () => {
  ground = await startCandy()
  ;[clamd, spamd] = await Promise.all([
    startClamd({ directory: join(ground.directory, 'clamd') }),
    startSpamd({ directory: join(ground.directory, 'spamd') }),
  ])
  await ground.writeFilter(
    '50-clamav.toml',
    `filter = "@candy/filter-clamav"\n[options]\naddresses = ["${clamd.socket}"]\nwait = "2s"\n`,
  )
  await ground.writeFilter('60-spamassassin.toml', spam(''))
})
afterAll(async () => {
  await Promise.all([clamd?.stop(), spamd?.stop(), ground?.stop()])
})

function spam(options: string): string {
  return `filter = "@candy/filter-spamassassin"\ntimeout = "30s"\n[options]\naddresses = ["${spamd.socket}"]\n${options}`
}

async function send(bytes: string | Buffer): Promise<void> {
  ground.sink.clear()
  await deliver(ground.postfix.port, { sender: 'a@example.com', recipients: ['b@example.net'], bytes })
}

async function arrived(bytes: string | Buffer): Promise<string> {
  await send(bytes)
  const [message] = (await ground.sink.waitFor(1)) as [Received]
  return message.bytes.toString('latin1')
}

/** The message never arrives; its exact bytes are in quarantine, under Postfix's queue id. */
async function quarantined(bytes: string | Buffer, why: RegExp): Promise<void> {
  const before = new Set((await ground.quarantined()).map(({ name }) => name))
  await send(bytes)
  await ground.postfix.waitUntilEmpty()
  const [newest, ...rest] = (await ground.quarantined()).filter(({ name }) => !before.has(name))
  expect(rest).toEqual([])
  expect(newest?.record.envelope).toMatchObject({ sender: 'a@example.com', recipients: ['b@example.net'] })
  const [, body] = split(Buffer.from(bytes).toString('latin1'))
  expect(split(newest?.bytes.toString('latin1') ?? '')[1]).toBe(body)
  expect(JSON.stringify(newest?.record)).toMatch(why)
  expect(ground.sink.count).toBe(0)
  expect(await ground.postfix.log()).not.toMatch(/status=bounced/)
}

function split(message: string): readonly [string, string] {
  const at = message.indexOf('\r\n\r\n')
  return [message.slice(0, at), message.slice(at)]
}

test('clean mail arrives with its body byte-identical, marked as scanned', async () => {
  const [head, body] = split(await arrived(`${plain}\r\nhello\r\n`))
  expect(head).toMatch(/^X-Virus-Scanned: /m)
  expect(head).toMatch(/^X-Spam-Status: No, /m)
  expect(body).toBe('\r\n\r\nhello\r\n')
})

test('EICAR is quarantined', () => quarantined(`${plain}\r\n${EICAR}\r\n`, /Eicar/))

test('EICAR that comes in pipe mode after a switch to smtp-before is quarantined too, and does not bounce', async () => {
  const back = await ground.change(/^mode = .*$/m, 'mode = "smtp-before"')
  await quarantined(`${plain}\r\n${EICAR}\r\n`, /Eicar/)
  await back()
})

test('EICAR in base64 is quarantined', () => {
  const base64 = Buffer.from(EICAR).toString('base64')
  const part = `Content-Type: application/octet-stream; name=x.com\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n`
  return quarantined(
    `${plain}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${part}--b--\r\n`,
    /Eicar/,
  )
})

test('EICAR in a zip attachment is quarantined', async () => {
  const directory = join(ground.directory, 'zip')
  await mkdir(directory)
  await writeFile(join(directory, 'x.com'), EICAR)
  execFileSync('zip', ['-q', 'x.zip', 'x.com'], { cwd: directory })
  const base64 = (await readFile(join(directory, 'x.zip'))).toString('base64').replace(/.{76}/g, '$&\r\n')
  const part = `Content-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n`
  await quarantined(
    `${plain}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${part}--b--\r\n`,
    /Eicar/,
  )
})

test('GTUBE is quarantined or tagged by its threshold', async () => {
  const gtube = `${plain}\r\n${GTUBE}\r\n`
  await ground.writeFilter('60-spamassassin.toml', spam('quarantine = 900.0\nreject = 2000.0\n'))
  await quarantined(gtube, /score/i)
  await ground.writeFilter('60-spamassassin.toml', spam('quarantine = 1900.0\nreject = 2000.0\n'))
  const [head, body] = split(await arrived(gtube))
  expect(head).toMatch(/^X-Spam-Flag: YES/m)
  expect(body).toBe(`\r\n\r\n${GTUBE}\r\n`)
  await ground.writeFilter('60-spamassassin.toml', spam(''))
})

test('EICAR arrives where the scan is off, and is quarantined for the others', async () => {
  const whole = await readFile(join(ground.filters, '50-clamav.toml'), 'utf8')
  await ground.writeFilter('50-clamav.toml', `${whole}[recipients."lab@example.net"]\nenabled = false\n`)
  const before = new Set((await ground.quarantined()).map(({ name }) => name))
  ground.sink.clear()
  const recipients = ['b@example.net', 'lab@example.net']
  await deliver(ground.postfix.port, { sender: 'a@example.com', recipients, bytes: `${plain}\r\n${EICAR}\r\n` })
  const [message] = (await ground.sink.waitFor(1)) as [Received]
  await ground.postfix.waitUntilEmpty()
  expect(message.recipients).toEqual(['lab@example.net'])
  expect(ground.sink.count).toBe(1)
  const kept = (await ground.quarantined()).filter(({ name }) => !before.has(name))
  expect(kept.map(({ record }) => record.envelope.recipients)).toEqual([['b@example.net']])
  await ground.writeFilter('50-clamav.toml', whole)
})

test('forged headers are removed', async () => {
  const [head] = split(
    await arrived(
      `X-Spam-Status: No, score=-100\r\nX-Virus-Scanned: forged\r\nX-Candy-Status: forged\r\n${plain}\r\nhi\r\n`,
    ),
  )
  expect(head).not.toContain('score=-100')
  expect(head).not.toContain('forged')
})

test('spam that is delivered all the same wears what SpamAssassin said, and not what its sender wrote', async () => {
  await ground.writeFilter('60-spamassassin.toml', `on_reject = "tag"\n${spam('subject_tag = "[SPAM]"\n')}`)
  const subject = `Subject: ${'x'.repeat(70_000)}\r\n`
  const forged = 'X-Spam-Flag: NO\r\nx-spam-status: No, score=-100\r\n\tforged\r\nX-Spam-Whatever: forged\r\n'
  for (const fields of [plain, plain.replace(/Subject: .*\r\n/, subject)]) {
    const [head] = split(await arrived(`${forged}${fields}\r\n${GTUBE}\r\n`))
    expect(head.match(/^X-Spam-Flag: .*$/gim)).toEqual(['X-Spam-Flag: YES'])
    expect(head.match(/^X-Spam-Status: \w+/gim)).toEqual(['X-Spam-Status: Yes'])
    expect(head).not.toContain('forged')
    if (fields === plain) expect(head).toMatch(/^Subject: \[SPAM\] hello$/m)
  }
  await ground.writeFilter('60-spamassassin.toml', spam(''))
})

test('mail waits while clamd is gone and while spamd hangs, and arrives afterwards', async () => {
  await clamd.stop()
  await send(`${plain}\r\nwithout clamd\r\n`)
  await ground.postfix.waitForLog(/status=deferred/)
  clamd = await startClamd({ directory: join(ground.directory, 'clamd') })
  await ground.postfix.flush()
  await ground.sink.waitFor(1)
  await ground.postfix.waitUntilEmpty()

  spamd.kill('SIGSTOP')
  await ground.writeFilter('60-spamassassin.toml', spam('').replace('30s', '2s'))
  const before = (await ground.postfix.log()).length
  await send(`${plain}\r\nwhile spamd hangs\r\n`)
  await ground.postfix.waitUntil('a deferral', async () =>
    (await ground.postfix.log()).slice(before).includes('status=deferred'),
  )
  expect(ground.sink.count).toBe(0)
  spamd.kill('SIGCONT')
  await ground.writeFilter('60-spamassassin.toml', spam(''))
  await ground.postfix.flush()
  await ground.sink.waitFor(1)
  expect(await ground.postfix.log()).not.toMatch(/status=bounced/)
})
