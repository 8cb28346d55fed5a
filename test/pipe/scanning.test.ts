/** Pipe mode with real scanners: what clamd and spamd think of a message decides what becomes of it. */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { type Clamd, EICAR, startClamd } from '../kit/clamd.js'
import { deliver } from '../kit/client.js'
import type { Received } from '../kit/sink.js'
import { GTUBE, type Spamd, startSpamd } from '../kit/spamd.js'

const plain =
  'From: a@example.com\r\nTo: b@example.net\r\nSubject: hello\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n'

let testBed: CandyTestBed
let clamd: Clamd
let spamd: Spamd

beforeAll(async () => {
  testBed = await startCandy()
  ;[clamd, spamd] = await Promise.all([
    startClamd({ directory: join(testBed.directory, 'clamd') }),
    startSpamd({ directory: join(testBed.directory, 'spamd') }),
  ])
  await testBed.writeFilter(
    '50-clamav.toml',
    `filter = "@candy/filter-clamav"\n[options]\naddresses = ["${clamd.socket}"]\nwait = "2s"\n`,
  )
  await testBed.writeFilter('60-spamassassin.toml', spam(''))
})
afterAll(async () => {
  await Promise.all([clamd?.stop(), spamd?.stop(), testBed?.stop()])
})

function spam(options: string): string {
  return `filter = "@candy/filter-spamassassin"\ntimeout = "30s"\n[options]\naddresses = ["${spamd.socket}"]\n${options}`
}

async function send(bytes: string | Buffer): Promise<void> {
  testBed.sink.clear()
  await deliver(testBed.postfix.port, { sender: 'a@example.com', recipients: ['b@example.net'], bytes })
}

async function arrived(bytes: string | Buffer): Promise<string> {
  await send(bytes)
  const [message] = (await testBed.sink.waitFor(1)) as [Received]
  return message.bytes.toString('latin1')
}

/** The message never arrives; its exact bytes are in quarantine, under Postfix's queue id. */
async function quarantined(bytes: string | Buffer, why: RegExp): Promise<void> {
  const before = new Set((await testBed.quarantined()).map(({ name }) => name))
  await send(bytes)
  await testBed.postfix.waitUntilEmpty()
  const [newest, ...rest] = (await testBed.quarantined()).filter(({ name }) => !before.has(name))
  expect(rest).toEqual([])
  expect(newest?.record.envelope).toMatchObject({ sender: 'a@example.com', recipients: ['b@example.net'] })
  const [, body] = split(Buffer.from(bytes).toString('latin1'))
  expect(split(newest?.bytes.toString('latin1') ?? '')[1]).toBe(body)
  expect(JSON.stringify(newest?.record)).toMatch(why)
  expect(testBed.sink.count).toBe(0)
  expect(await testBed.postfix.log()).not.toMatch(/status=bounced/)
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
  const back = await testBed.change(/^mode = .*$/m, 'mode = "smtp-before"')
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
  const directory = join(testBed.directory, 'zip')
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
  await testBed.writeFilter('60-spamassassin.toml', spam('quarantine = 900.0\nreject = 2000.0\n'))
  await quarantined(gtube, /score/i)
  await testBed.writeFilter('60-spamassassin.toml', spam('quarantine = 1900.0\nreject = 2000.0\n'))
  const [head, body] = split(await arrived(gtube))
  expect(head).toMatch(/^X-Spam-Flag: YES/m)
  expect(body).toBe(`\r\n\r\n${GTUBE}\r\n`)
  await testBed.writeFilter('60-spamassassin.toml', spam(''))
})

test('EICAR arrives where the scan is off, and is quarantined for the others', async () => {
  const whole = await readFile(join(testBed.filters, '50-clamav.toml'), 'utf8')
  await testBed.writeFilter('50-clamav.toml', `${whole}[recipients."lab@example.net"]\nenabled = false\n`)
  const before = new Set((await testBed.quarantined()).map(({ name }) => name))
  testBed.sink.clear()
  const recipients = ['b@example.net', 'lab@example.net']
  await deliver(testBed.postfix.port, { sender: 'a@example.com', recipients, bytes: `${plain}\r\n${EICAR}\r\n` })
  const [message] = (await testBed.sink.waitFor(1)) as [Received]
  await testBed.postfix.waitUntilEmpty()
  expect(message.recipients).toEqual(['lab@example.net'])
  expect(testBed.sink.count).toBe(1)
  const kept = (await testBed.quarantined()).filter(({ name }) => !before.has(name))
  expect(kept.map(({ record }) => record.envelope.recipients)).toEqual([['b@example.net']])
  await testBed.writeFilter('50-clamav.toml', whole)
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

test('spam that is delivered nevertheless has the fields of SpamAssassin, and not those that its sender wrote', async () => {
  await testBed.writeFilter('60-spamassassin.toml', `on_reject = "tag"\n${spam('subject_tag = "[SPAM]"\n')}`)
  const subject = `Subject: ${'x'.repeat(70_000)}\r\n`
  const forged = 'X-Spam-Flag: NO\r\nx-spam-status: No, score=-100\r\n\tforged\r\nX-Spam-Whatever: forged\r\n'
  for (const fields of [plain, plain.replace(/Subject: .*\r\n/, subject)]) {
    const [head] = split(await arrived(`${forged}${fields}\r\n${GTUBE}\r\n`))
    expect(head.match(/^X-Spam-Flag: .*$/gim)).toEqual(['X-Spam-Flag: YES'])
    expect(head.match(/^X-Spam-Status: \w+/gim)).toEqual(['X-Spam-Status: Yes'])
    expect(head).not.toContain('forged')
    if (fields === plain) expect(head).toMatch(/^Subject: \[SPAM\] hello$/m)
  }
  await testBed.writeFilter('60-spamassassin.toml', spam(''))
})

test('mail waits while clamd is gone and while spamd hangs, and arrives afterwards', async () => {
  await clamd.stop()
  await send(`${plain}\r\nwithout clamd\r\n`)
  await testBed.postfix.waitForLog(/status=deferred/)
  clamd = await startClamd({ directory: join(testBed.directory, 'clamd') })
  await testBed.postfix.flush()
  await testBed.sink.waitFor(1)
  await testBed.postfix.waitUntilEmpty()

  spamd.kill('SIGSTOP')
  await testBed.writeFilter('60-spamassassin.toml', spam('').replace('30s', '2s'))
  const before = (await testBed.postfix.log()).length
  await send(`${plain}\r\nwhile spamd hangs\r\n`)
  await testBed.postfix.waitUntil('a deferral', async () =>
    (await testBed.postfix.log()).slice(before).includes('status=deferred'),
  )
  expect(testBed.sink.count).toBe(0)
  spamd.kill('SIGCONT')
  await testBed.writeFilter('60-spamassassin.toml', spam(''))
  await testBed.postfix.flush()
  await testBed.sink.waitFor(1)
  expect(await testBed.postfix.log()).not.toMatch(/status=bounced/)
})
