/**
 * A log of a million lines, as a busy host has after some weeks: in ten parts, the older half of them compressed. A message in it
 * is found within five seconds, with memory that has nothing to do with the length of the log.
 */
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../kit/command.js'
import { type Installation, installCandy } from '../kit/installation.js'
import { makeScratch, type Scratch } from '../kit/scratch.js'

const LINES = 1_000_000
const PARTS = 10

/** Seconds of user and system time. On an idle machine that is more than the time that a person waits: gunzip has its own thread. */
const CPU_LIMIT = 5

/** MiB of Node.js's heap. */
const HEAP = 64

/** What a message leaves in the log in mode smtp, as Postfix 3.7.11 and candy write it. */
const TEMPLATE = `postfix/smtpd[3987]: connect from client.example.com[192.0.2.1]
postfix/smtpd[3987]: A: client=client.example.com[192.0.2.1]
postfix/cleanup[4020]: A: message-id=<mN@example.com>
postfix/qmgr[3985]: A: from=<senderN@example.com>, size=30712, nrcpt=1 (queue active)
postfix/smtpd[3987]: disconnect from client.example.com[192.0.2.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
postfix/candy-in/smtpd[4018]: B: client=localhost[127.0.0.1], orig_queue_id=A, orig_client=client.example.com[192.0.2.1]
postfix/cleanup[4024]: B: message-id=<mN@example.com>
postfix/qmgr[3985]: B: from=<senderN@example.com>, size=30870, nrcpt=1 (queue active)
candy/serve[4007]: judged id=A action=accept answer="250 2.0.0 Ok: 30712 bytes queued as B" filters="50-clamav accept 20 ms; 60-spamassassin accept 120 ms" message_id=<mN@example.com> client=client.example.com[192.0.2.1] helo=client.example.com sender=senderN@example.com size=30712 recipients=recipientN@example.net
postfix/lmtp[4021]: A: to=<recipientN@example.net>, relay=mx.example.test[candy/lmtp], delay=0.28, delays=0.01/0.01/0/0.26, dsn=2.0.0, status=sent (250 2.0.0 Ok: 30712 bytes queued as B)
postfix/qmgr[3985]: A: removed
postfix/smtp[4038]: B: to=<recipientN@example.net>, relay=mail.example.net[192.0.2.9]:25, delay=0.37, delays=0.05/0.02/0.1/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: kept)
postfix/qmgr[3985]: B: removed
`.split(/(?<=\n)/)

/** Queue ids of the form that Postfix gives with enable_long_queue_ids. */
function idsOf(number: number): readonly [string, string] {
  const digits = String(number).padStart(7, '0')
  return [`4jb${digits}z0HfH`, `4jb${digits}z0HfJ`]
}

function* linesOf(part: number): Generator<string> {
  const messages = Math.ceil(LINES / PARTS / TEMPLATE.length)
  for (let number = part * messages; number < (part + 1) * messages; number++) {
    const [a, b] = idsOf(number)
    const date = new Date(Date.UTC(2026, 10, 1) + number * 20_000).toISOString()
    const lines = TEMPLATE.map((line) => {
      const text = line.replace(/\b[AB]\b/g, (id) => (id === 'A' ? a : b)).replace(/N(?=@)/g, String(number))
      return `${date.slice(0, -1)}000+00:00 mx ${text}`
    })
    yield lines.join('')
  }
}

let scratch: Scratch
let installation: Installation
let log: string

beforeAll(async () => {
  scratch = await makeScratch('million')
  installation = await installCandy(join(scratch.path, 'candy'))
  log = join(scratch.path, 'log/mail.log')
  await mkdir(join(scratch.path, 'log'))
  await mkdir(join(scratch.path, 'site/filters.d'), { recursive: true })
  for (let part = 0; part < PARTS; part++) {
    const age = PARTS - 1 - part
    const path = age === 0 ? log : `${log}.${age}`
    if (age < PARTS / 2) await writeFile(path, linesOf(part))
    else await pipeline(linesOf(part), createGzip({ level: 1 }), createWriteStream(`${path}.gz`))
  }
  // Postfix itself is not needed to read its log.
  await writeFile(join(scratch.path, 'site/candy.toml'), `[log]\nto = "${log}"\n`)
})
afterAll(() => scratch.remove())

const OLD = 12_345
const NEW = 65_432

test.each([
  ['a first queue id in a compressed part', idsOf(OLD)[0], OLD],
  ['a second queue id in a compressed part', idsOf(OLD)[1], OLD],
  ['a Message-ID in a compressed part', `<m${OLD}@example.com>`, OLD],
  ['a recipient in a compressed part', `recipient${OLD}@example.net`, OLD],
  ['a recipient in another part', `Recipient${NEW}@Example.net`, NEW],
])('%s is found, within the time and the memory that there is', async (_, what, number) => {
  const command = [process.execPath, `--max-old-space-size=${HEAP}`, installation.candy]
  const argv = ['-c', join(scratch.path, 'site'), 'trace', what, '--json']
  // times(2) of the shell: on its last line, what its children have used.
  const printed = (await runCommand('sh', ['-c', '"$@" && times', 'sh', ...command, ...argv])).toString()
  const [json = '', ...times] = printed.trim().split('\n')
  const { messages, searched } = JSON.parse(json)
  expect(messages).toMatchObject([
    { queueIds: idsOf(number), outcome: 'delivered', messageId: `<m${number}@example.com>` },
  ])
  expect(messages[0].events).toHaveLength(8)
  expect(searched).toHaveLength(PARTS)
  const used = [...(times.at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s))
  expect(used).toHaveLength(2)
  expect(used.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThan(CPU_LIMIT)
})
