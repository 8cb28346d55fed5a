import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type DigestOptions, makeDigest } from '../../src/quarantine/digest.js'
import { readNames } from '../../src/quarantine/entry.js'
import { scratch } from '../support.js'
import { keep } from './stored.js'

const OPTIONS: DigestOptions = {
  from: Date.parse('2026-01-01T00:00:00Z'),
  until: Date.parse('2026-01-03T00:00:00Z'),
  recipient: 'postmaster@example.org',
  host: 'mx.example.org',
  command: 'candy quarantine',
  keep: 30 * 86_400_000,
}

test('it has the form of a message, and tells what is new and what to type', async () => {
  const directory = scratch()
  const name = await keep(directory)
  for (const time of ['2026-01-01T00:00:00Z', '2026-01-03T00:00:01Z']) await keep(directory, { time, id: 'other9' })
  await mkdir(join(directory, '20260102T050000Z-damaged'))
  const digest = await makeDigest(directory, await readNames(directory), OPTIONS)
  expect(digest?.count).toBe(2)
  const [header = '', body = ''] = digest?.text.split(/\r\n\r\n([\s\S]*)/) ?? []
  expect(header.split('\r\n')).toEqual([
    'From: candy <MAILER-DAEMON@mx.example.org>',
    'To: <postmaster@example.org>',
    'Subject: Quarantine of mx.example.org: 2 new messages',
    expect.stringMatching(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/),
    expect.stringMatching(/^Message-ID: <[\w-]+@mx\.example\.org>$/),
    'Auto-Submitted: auto-generated',
    'Precedence: bulk',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
  ])
  expect(body).toContain(
    `\r\n${name}  49 bytes\r\n  sender   <a@example.com>\r\n  to       <b@example.net> and 1 more\r\n`,
  )
  expect(body).toContain('  subject  hello\r\n  reason   50-clamav: virus found: Eicar\r\n')
  expect(body).toMatch(/20260102T050000Z-damaged {2}0 bytes, damaged\r\n {2}damage /)
  expect(body).toContain('candy quarantine release NAME\r\n')
  expect(body).toContain('Messages are kept for 30 days.\r\n')
  expect(body).not.toContain('other9')
})

test('what strangers wrote cannot end a line, and is not longer than one', async () => {
  const directory = scratch()
  await keep(directory, {
    envelope: { sender: '\r\nBcc: x@example.net', recipients: [`${'b'.repeat(2_000)}@example.net`, 'c'] },
    header: { subject: `\u202e\x1b[2J\r\n.\r\nnext ${'x'.repeat(998)}` },
  })
  const { text = '' } = (await makeDigest(directory, await readNames(directory), OPTIONS)) ?? {}
  expect(text).toMatch(/^(?:[ -~]{0,200}\r\n)*$/)
  expect(text).not.toMatch(/^(?:Bcc|\.$)/m)
})

test('of many the newest are listed, and the others counted', async () => {
  const directory = scratch()
  for (let n = 0; n < 55; n++) {
    await keep(directory, { id: `n${n}`, time: new Date(OPTIONS.from + 1_000 * (n + 1)).toISOString() })
  }
  const { count, text = '' } = (await makeDigest(directory, await readNames(directory), OPTIONS)) ?? {}
  expect(count).toBe(55)
  expect(text.match(/^ {2}reason /gm)).toHaveLength(50)
  expect(text).toContain('and 5 older ones: candy quarantine list --newer-than 2d')
})

test('where nothing is new there is none', async () => {
  const directory = scratch()
  await keep(directory, { time: '2026-01-05T00:00:00Z' })
  expect(await makeDigest(directory, await readNames(directory), OPTIONS)).toBeUndefined()
})
