/** The command `candy trace`: where it looks, what it prints, and how it ends. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { code, readPage, readTable } from '../../../../test/kit/pages.js'
import { dated, loggedIn, writeLogs } from '../trace/logs.js'
import { COMMAND, candy, type Run, site } from './candy.js'

const ACCEPTED = 'accept-smtp@example.com'

/** The logs of mode smtp as files; returns their directory. */
function smtpLogs(): string {
  const { mail, candy: own } = loggedIn('smtp')
  return writeLogs({ 'mail.log': mail, 'candy.log': own })
}

function trace(directory: string, ...argv: readonly string[]): Run {
  const env = { TZ: 'UTC' }
  const files = [join(directory, 'mail.log'), join(directory, 'candy.log')]
  return candy(['-c', site(), 'trace', ...argv, '--log', ...files], '', env)
}

describe('a message', () => {
  const logs = smtpLogs

  test('is shown whole, with its ids, what became of it, and its life', () => {
    const { status, stdout, stderr } = trace(logs(), ACCEPTED)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(
      /^Message-ID +<accept-smtp@example\.com>\nfrom +alice@example\.com\nto +bob@example\.net: delivered\n/,
    )
    expect(stdout).toMatch(/^queue ids +4jblgW1yTrzJHfH, then 4jblgW2F59zJHfS$/m)
    expect(stdout).toMatch(/^2026-11-27T20:41:11\+00:00 +4jblgW1yTrzJHfH +received +from localhost\[127\.0\.0\.1\]$/m)
    expect(stdout).toMatch(
      / delivered +bob@example\.net, carol@example\.net via 127\.0\.0\.1\[127\.0\.0\.1\]:\d+: 250 2\.0\.0 Ok: kept$/m,
    )
  })

  test('in the quarantine has the command that shows it', () => {
    const { stdout } = trace(logs(), 'reject-smtp@example.com')
    expect(stdout).toContain('candy quarantine show 20261127T204111Z-4jblgW20JnzJHfJ\n')
  })

  test('among several is one line, which has its ids', () => {
    const { status, stdout } = trace(logs(), 'bob@example.net', '--limit', '2')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^time +ids +from +to +outcome\n/)
    expect(stdout.match(/^2026-/gm)).toHaveLength(2)
    expect(stdout).toContain('There are older ones')
  })

  test('is printed as JSON with the members that the page names', () => {
    const page = readPage('docs/json.md').split('## `candy trace --json`')[1] ?? ''
    const [top = '', ofMessage = '', ofEvent = ''] = page.split(/\n(?:A message|An event) that was found/)
    const membersIn = (part: string): readonly string[] => readTable(part, 'member').map(({ member }) => code(member))
    const json = JSON.parse(trace(logs(), 'alice@example.com', '--json').stdout)
    expect(Object.keys(json)).toEqual(membersIn(top))
    for (const message of json.messages) expect(Object.keys(message)).toEqual(membersIn(ofMessage))
    for (const event of json.messages.flatMap(({ events }: { events: object[] }) => events))
      for (const name of Object.keys(event)) expect(membersIn(ofEvent)).toContain(name)
    expect(json.messages[0].events[0].time).toMatch(/^2026-11-27T20:41:\d\d\.\d{3}Z$/)
  })
})

test('the events are those that the page explains', () => {
  const source = readFileSync(new URL('../../src/trace/timeline.ts', import.meta.url), 'utf8')
  const declared = /readonly event:\n((?: +\| '[a-z ]+'\n)+)/.exec(source)?.[1] ?? ''
  const events = [...declared.matchAll(/'([a-z ]+)'/g)].map(([, event]) => event)
  expect(
    readTable(readPage('docs/trace.md'), 'event')
      .map(({ event }) => code(event))
      .toSorted(),
  ).toEqual(events.toSorted())
})

describe('without a message', () => {
  test('it is 1, and said what was read, and of what time', () => {
    const directory = smtpLogs()
    const { status, stdout, stderr } = trace(directory, 'nobody@example.org')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(`${directory}/mail.log: 2026-11-27T20:41:10+00:00 to 2026-11-27T20:41:15+00:00\n`)
    const json = trace(directory, 'nobody@example.org', '--json')
    expect(json.status).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ messages: [], searched: [{}, {}] })
  })

  test.each([[['no-id']], [['F26542105FA', '--since', 'soon']], [['F26542105FA', '--limit', '0']], [[]]])(
    '%j is wrong usage',
    (argv) => {
      expect(candy(['trace', ...argv]).status).toBe(64)
    },
  )

  test('no log at all is 66', () => {
    const { status, stderr } = candy(['-c', site(), 'trace', 'F26542105FA', '--log', '/nowhere/mail.log'])
    expect(status).toBe(66)
    expect(stderr).toBe('no log can be read:\n  /nowhere/mail.log: no such file\n')
  })

  test('a log that this user may not read is 66, and said who may', () => {
    const directory = smtpLogs()
    chmodSync(directory, 0o755)
    chmodSync(join(directory, 'mail.log'), 0o600)
    const as = ['--reuid', 'candy', '--regid', 'candy', '--clear-groups', process.execPath, COMMAND]
    const argv = ['trace', 'F26542105FA', '--log', join(directory, 'mail.log')]
    const { status, stderr } = spawnSync('setpriv', [...as, ...argv], { encoding: 'utf8' })
    expect(stderr).toContain('mail.log: permission denied\nrun this as root, or as a member of the group adm\n')
    expect(status).toBe(66)
  })

  test('a log that cannot be read among others is a warning', () => {
    const directory = smtpLogs()
    writeFileSync(join(directory, 'mail.log.1.gz'), 'not compressed')
    const files = ['mail.log', 'mail.log.1.gz'].map((name) => join(directory, name))
    const { status, stderr } = candy(['trace', ACCEPTED, '--log', ...files], '', { TZ: 'UTC' })
    expect(status).toBe(0)
    expect(stderr).toMatch(/^warning: not read: .*mail\.log\.1\.gz: cannot be decompressed/)
  })
})

describe('the logs', () => {
  test("are candy's own file and what its rotation left of it, of candy.toml", () => {
    const { candy: own } = loggedIn('smtp-before')
    const [line = ''] = own.split('\n').filter((one) => one.includes('candy-d0d5343fc12e'))
    const directory = writeLogs({ 'candy.log.1.gz': gzipSync(`${line}\n`), 'candy.log': '' })
    const config = site({ 'candy.toml': `[log]\nto = "${directory}/candy.log"\n` })
    const { stdout, status } = candy(['-c', config, 'trace', 'candy-d0d5343fc12e'])
    expect(status).toBe(0)
    expect(stdout).toContain('refuse by 50-scan')
  })

  test('of several files are put in order by what is in them', () => {
    const { mail, candy: own } = loggedIn('smtp')
    const lines = mail.split('\n')
    const [older, newer] = [lines.slice(0, 40), lines.slice(40)].map((part) => `${part.join('\n')}\n`)
    const directory = writeLogs({ a: newer ?? '', b: gzipSync(older ?? ''), 'b.gz': gzipSync(older ?? ''), c: own })
    const files = ['a', 'b.gz', 'c'].map((name) => join(directory, name))
    const { stdout } = candy(['-c', site(), 'trace', ACCEPTED, '--log', ...files], '', { TZ: 'UTC' })
    expect(stdout).toBe(trace(smtpLogs(), ACCEPTED).stdout)
  })
})

test('no byte of a log gets to a terminal that is not printable', () => {
  const directory = smtpLogs()
  const line =
    '2026-11-27T20:42:00+00:00 mx postfix/cleanup[1]: F26542105FA: message-id=<\x1b[2J\x9b\u0007@example.com>\n'
  appendFileSync(join(directory, 'mail.log'), Buffer.from(line, 'latin1'))
  const { stdout } = trace(directory, 'F26542105FA')
  expect(stdout).toContain('<?[2J??@example.com>')
  expect(stdout).toMatch(/^[\n\x20-\x7e]*$/)
})

test('a line of another year is not taken for one of this year', () => {
  const { mail } = loggedIn('smtp')
  const directory = writeLogs({ 'mail.log': mail }, Date.parse('2026-03-01T00:00:00Z'))
  const { stdout } = candy(['trace', ACCEPTED, '--log', join(directory, 'mail.log')], '', { TZ: 'UTC' })
  expect(stdout).toContain('2025-11-27T20:41:11+00:00')
  expect(dated(mail)).toContain('2026-11-27T20:41:11')
})
