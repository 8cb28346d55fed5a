/**
 * What becomes of mail in which clamd or spamd finds something, in each mode: viruses and spam, plain and in disguise, what cannot be scanned,
 * and what the operator has delivered all the same. Then while a scanner is away, and where a process of its own asks them.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clamd, EICAR, startClamd } from '../kit/clamd.js'
import type { Mail } from '../kit/client.js'
import { MODE_NAMES, type Mode } from '../kit/enabled.js'
import { type Entrances, startEntrances } from '../kit/entrances.js'
import { DISGUISED, UNSEPARATED_SPAM } from '../kit/odd-messages.js'
import { childrenOf, signal } from '../kit/processes.js'
import { GTUBE } from '../kit/spamd.js'
import { effectOf, effectOfOne, ONE_TRY } from './effect.js'

const HEAD =
  'From: a@example.com\r\nTo: b@example.net\r\nSubject: hello\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n'
const MULTIPART = `${HEAD}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n`

let entrances: Entrances
let count = 0
/** The clamd that takes the place of the one that has ended. */
let restarted: Clamd | undefined

beforeAll(async () => {
  const scanners = { clamd: { settings: { AlertExceedsMax: 'yes' } }, spamd: {} }
  entrances = await startEntrances({ main: ONE_TRY, scanners })
  await writeDropIns()
  await entrances.reload()
})
afterAll(async () => {
  await restarted?.stop()
  await entrances.stop()
})

/** Each scanner has a drop-in of its own for the recipients of these domains, whom the first one is not for. */
async function writeDropIns(timeout = '60s'): Promise<void> {
  const { clamd, spamd, writeFilter } = entrances
  const clamav = `filter = "@candy/filter-clamav"\ntimeout = "${timeout}"\n`
  const toClamd = `[options]\naddresses = ["${clamd?.socket}"]\nwait = "1s"\n`
  const spamassassin = `filter = "@candy/filter-spamassassin"\ntimeout = "${timeout}"\n`
  const toSpamd = `[options]\naddresses = ["${spamd?.socket}"]\nwait = "1s"\n`
  const others = (options: string): string => `[recipients."tagged.example.net"]\n${options}`
  await writeFilter(
    '50-clamav.toml',
    `${clamav}${toClamd}[recipients."lab.example.net"]\nenabled = false\n${others('on_reject = "tag"\non_unscannable = "tag"\n')}`,
  )
  const thresholds = (name: string, options: string): string =>
    `[recipients."${name}.example.net".options]\n${options}\n`
  await writeFilter(
    '60-spamassassin.toml',
    [
      spamassassin,
      toSpamd,
      others('on_reject = "tag"\n'),
      thresholds('tagged', 'subject_tag = "[SPAM]"'),
      thresholds('looked-at', 'quarantine = 900.0\nreject = 2000.0'),
      thresholds('lenient', 'quarantine = 1900.0\nreject = 2000.0'),
    ].join(''),
  )
}

function mailOf(bytes: string | Buffer, domain = 'example.net'): Mail {
  count += 1
  return { sender: `s${count}@example.com`, recipients: [`b@${domain}`], bytes }
}

function inBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/.{76}/g, '$&\r\n')
}

function attached(name: string, bytes: Buffer): string {
  const part = `Content-Type: application/octet-stream; name=${name}\r\nContent-Transfer-Encoding: base64\r\n\r\n${inBase64(bytes)}\r\n`
  return `${MULTIPART}--b\r\n${part}--b--\r\n`
}

function zipped(): Buffer {
  const directory = join(entrances.directory, 'zip')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'x.com'), EICAR)
  execFileSync('zip', ['-q', 'x.zip', 'x.com'], { cwd: directory })
  return execFileSync('cat', ['x.zip'], { cwd: directory })
}

/** So many parts in each other that clamd gives up, in front of a virus that it never looks at. */
function nested(): string {
  const inner = Array.from({ length: 30 }, (_, level) => {
    return `Content-Type: multipart/mixed; boundary=n${level}\r\n\r\n--n${level}\r\n`
  })
  const virus = `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${inBase64(Buffer.from(EICAR))}`
  return `${MULTIPART}--b\r\n${inner.join('')}\r\nhello\r\n--b\r\n${virus}\r\n--b--\r\n`
}

const VIRUS = 'virus found: Eicar-Test-Signature.UNOFFICIAL'
const SPAM = 'this message looks like spam'

interface Row {
  readonly what: string
  readonly bytes: () => string | Buffer
  readonly domain?: string
  /** What is said of it where it is not delivered: it is refused before the queue, and in the quarantine behind it. */
  readonly rejected?: string
  /** It is in the quarantine in every mode. */
  readonly quarantined?: string
}

const ROWS: readonly Row[] = [
  { what: 'EICAR', bytes: () => `${HEAD}\r\n${EICAR}\r\n`, rejected: VIRUS },
  { what: 'EICAR in base64', bytes: () => attached('x.com', Buffer.from(EICAR)), rejected: VIRUS },
  { what: 'EICAR in an archive', bytes: () => attached('x.zip', zipped()), rejected: VIRUS },
  ...Object.entries(DISGUISED).map(([what, bytes]) => ({ what, bytes: () => bytes, rejected: VIRUS })),
  { what: 'what clamd can never scan whole', bytes: nested, quarantined: 'Heuristics.Limits.Exceeded.MaxRecursion' },
  { what: 'GTUBE', bytes: () => `${HEAD}\r\n${GTUBE}\r\n`, rejected: SPAM },
  { what: 'GTUBE without an empty line before it', bytes: () => UNSEPARATED_SPAM, rejected: SPAM },
  {
    what: 'GTUBE above a threshold for the quarantine',
    bytes: () => `${HEAD}\r\n${GTUBE}\r\n`,
    domain: 'looked-at.example.net',
    quarantined: SPAM,
  },
]

const IS_REFUSED: Readonly<Record<Mode, boolean>> = { pipe: false, smtp: false, 'smtp-before': true, milter: true }

describe.each(MODE_NAMES)('mode %s', (mode) => {
  test.concurrent.each(ROWS)('$what', async ({ bytes, domain, rejected, quarantined }) => {
    const { client, recipients } = await effectOf(entrances, mode, mailOf(bytes(), domain))
    const [place = ''] = Object.values(recipients)
    const isRefused = rejected !== undefined && IS_REFUSED[mode]
    const text = rejected ?? quarantined ?? ''
    expect([client.slice(0, 9), place.split(',')[0]]).toEqual(
      isRefused ? ['550 5.7.1', 'nowhere'] : ['250', 'quarantined'],
    )
    expect(isRefused ? client : place).toContain(text)
  })

  /** The header of a message that arrives, unfolded. */
  async function headerOf(bytes: string, domain?: string): Promise<string> {
    const mail = mailOf(bytes, domain)
    const { recipients } = await effectOf(entrances, mode, mail)
    expect(Object.values(recipients)).toEqual([
      expect.stringMatching(/^delivered(?:, X-Candy-Status: \d0-\w+; \w+, [^,]*)?$/),
    ])
    const arrived = entrances.sink.messages.find(({ sender }) => sender === mail.sender)
    const text = arrived?.bytes.toString('latin1') ?? ''
    return text.slice(0, text.indexOf('\r\n\r\n') + 2).replace(/\r\n[ \t]+/g, ' ')
  }

  test('clean mail is marked as scanned, and not as its sender would like', async () => {
    const forged = 'X-Spam-Status: No, score=-100\r\nX-Virus-Scanned: forged\r\nX-Candy-Status: forged\r\n'
    const header = await headerOf(`${forged}${HEAD}\r\nhello\r\n`)
    expect(header).toMatch(/^X-Virus-Scanned: ClamAV\r$/m)
    expect(header).toMatch(/^X-Spam-Status: No, /m)
    expect(header).not.toMatch(/score=-100|forged/)
  })

  test('EICAR arrives where the scan is off', async () => {
    expect(await headerOf(`${HEAD}\r\n${EICAR}\r\n`, 'lab.example.net')).not.toContain('X-Virus-')
  })

  test('GTUBE below a threshold arrives with a flag', async () => {
    expect(await headerOf(`${HEAD}\r\n${GTUBE}\r\n`, 'lenient.example.net')).toMatch(/^X-Spam-Flag: YES\r$/m)
  })

  test.each([
    [HEAD, /^Subject: \[SPAM\] hello\r$/m],
    [HEAD.replace('hello', 'x'.repeat(mode === 'milter' ? 40_000 : 70_000)), /^Subject: /m],
  ])('spam that is delivered has the fields of SpamAssassin, and none of its sender (%#)', async (fields, subject) => {
    const forged = 'X-Spam-Flag: NO\r\nx-spam-status: No, score=-100\r\n\tforged\r\nX-Spam-Whatever: forged\r\n'
    const header = await headerOf(`${forged}${fields}\r\n${GTUBE}\r\n`, 'tagged.example.net')
    expect(header.match(/^X-Spam-Flag: .*\r$/gim)).toEqual(['X-Spam-Flag: YES\r'])
    expect(header.match(/^X-Spam-Status: \w+/gim)).toEqual(['X-Spam-Status: Yes'])
    expect(header).not.toContain('forged')
    expect(header).toMatch(subject)
  })

  test.each([
    [
      'a virus',
      () => `Subject: x\r\n\r\n${EICAR}\r\n`,
      ['X-Virus-Status: Infected (Eicar-Test-Signature.UNOFFICIAL)', 'X-Virus-Scanned: ClamAV'],
    ],
    ['what cannot be scanned', nested, ['X-Virus-Status: Unscannable (Heuristics.Limits.Exceeded.MaxRecursion)']],
  ])('%s that is delivered says of itself what it is', async (_, bytes, fields) => {
    const forged = 'X-Virus-Scanned: ClamAV\r\nx-virus-status: Clean\r\nX-Virus-Status: Clean\r\n folded\r\n'
    const header = await headerOf(`${forged}${bytes()}`, 'tagged.example.net')
    expect(header.match(/^X-Virus-.*(?=\r$)/gim)).toEqual(fields)
  })
})

describe('a scanner is away', () => {
  const ACCIDENTS: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
    'clamd does not run': async () => {
      await entrances.clamd?.stop()
      return async () => {
        restarted = await startClamd({ directory: dirname(entrances.clamd?.socket ?? '') })
      }
    },
    'spamd hangs': async () => {
      const pid = entrances.spamd?.pid ?? 0
      for (const one of [pid, ...childrenOf(pid, '')]) signal(one, 'SIGSTOP')
      return async () => {
        for (const one of [pid, ...childrenOf(pid, '')]) signal(one, 'SIGCONT')
      }
    },
  }
  beforeAll(async () => {
    await writeDropIns('5s')
    await entrances.reload()
  })

  test.each(Object.entries(ACCIDENTS))('%s: mail waits, and arrives afterwards', async (_, accident) => {
    const mend = await accident()
    const mails = MODE_NAMES.map(() => mailOf(`${HEAD}\r\nhello\r\n`))
    const effects = await Promise.all(MODE_NAMES.map((mode, n) => effectOfOne(entrances, mode, mails[n] as Mail)))
    expect(effects).toEqual(
      MODE_NAMES.map((mode) =>
        IS_REFUSED[mode]
          ? '451 4.3.0 content filter unavailable\nnowhere'
          : '250\nwaits, 4.3.0 content filter unavailable',
      ),
    )
    await mend()
    await entrances.postfix.flush()
    await entrances.postfix.waitUntilEmpty()
    const arrived = mails.map((mail) => entrances.sink.messages.filter(({ sender }) => sender === mail.sender).length)
    expect(arrived).toEqual(MODE_NAMES.map((mode) => (IS_REFUSED[mode] ? 0 : 1)))
  })
})

// Last, since the service does not come back.
test('in mode pipe without candy serve, a virus, spam and a clean message', async () => {
  await entrances.end()
  const bodies = [EICAR, GTUBE, 'hello']
  const effects = await Promise.all(
    bodies.map((body) => effectOfOne(entrances, 'pipe', mailOf(`${HEAD}\r\n${body}\r\n`))),
  )
  expect(effects).toEqual([
    `250\nquarantined, ${VIRUS}`,
    expect.stringMatching(`^250\nquarantined, ${SPAM}`),
    '250\ndelivered',
  ])
})
