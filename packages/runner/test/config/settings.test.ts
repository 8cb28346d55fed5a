import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Ownership } from '../../src/config/ownership.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { readSettings, type Settings } from '../../src/config/settings.js'
import { instanceName } from '../../src/postfix/instance-name.js'
import { scratch } from '../support.js'
import { fixtures, printProblems } from './fixtures.js'

function read(directory: string): { settings: Settings; problems: Problem[] } {
  const problems: Problem[] = []
  return { settings: readSettings(directory, new Ownership(), problems), problems }
}

function written(text: string): Settings {
  const directory = scratch()
  writeFileSync(join(directory, 'candy.toml'), text)
  const { settings, problems } = read(directory)
  expect(problems.map(printProblem)).toEqual([])
  return settings
}

describe('candy.toml with mistakes', () => {
  test.each(fixtures('settings'))('$name is refused with every place, key and nearest right word', (fixture) => {
    const directory = scratch()
    copyFileSync(fixture.path, join(directory, 'candy.toml'))
    expect(printProblems(read(directory).problems, fixture)).toBe(fixture.error)
  })

  test('that others may write is refused', () => {
    const file = join(scratch(), 'candy.toml')
    writeFileSync(file, '')
    chmodSync(file, 0o666)
    expect(read(join(file, '..')).problems.map(printProblem)).toEqual([
      `${file}: refused: others than its owner may write ${file}: chmod go-w ${file}`,
    ])
  })

  test('that is a dangling link or no regular file is a problem, and does not count as absent', () => {
    const dangling = scratch()
    symlinkSync('gone', join(dangling, 'candy.toml'))
    expect(read(dangling).problems).toHaveLength(1)
    const directory = scratch()
    mkdirSync(join(directory, 'candy.toml'))
    expect(read(directory).problems).toHaveLength(1)
  })
})

describe('candy.toml', () => {
  test('may be absent, and then everything is at its default', () => {
    const directory = scratch()
    const { settings, problems } = read(directory)
    expect(problems).toEqual([])
    expect(settings).toEqual({
      mode: 'smtp',
      state: `/var/lib/candy/${directory.slice(1).replaceAll('/', '-')}`,
      pipe: { deadline: 900_000, reinject: 'sendmail', sendmail: '/usr/sbin/sendmail' },
      smtp: {
        protocol: 'lmtp',
        deadline: 900_000,
        idle: 300_000,
        sessions: 250,
        hang: 30_000,
      },
      milter: { deadline: 100_000 },
      spool: { memory: 25_165_824 },
      log: { to: 'syslog' },
      history: { keepDays: 35, maxSize: 256 * 1024 ** 2, addresses: false },
      metrics: {},
      quarantine: { keep: 30 * 86_400_000 },
    })
  })

  test('sets every key', () => {
    const text = `
      mode = "pipe"
      state = "/srv/candy"
      pipe = { deadline = "5m", reinject = "unix:/var/spool/postfix/public/candy-in", sendmail = "/opt/sendmail" }
      [smtp]
      listen = "unix:/var/spool/postfix/candy/proxy"
      next_hop = "[::1]:10026"
      protocol = "lmtp"
      deadline = "70s"
      idle = "1m"
      workers = 3
      sessions = 20
      hang = "5s"
      [milter]
      listen = "127.0.0.1:9742"
      deadline = "50s"
      [spool]
      memory = "64KiB"
      [log]
      to = "/var/log/candy.log"
      [history]
      keep_days = 7
      max_size = "2MiB"
      addresses = true
      [metrics]
      listen = "127.0.0.1:9742"
      [quarantine]
      keep = "90d"
      max_size = "1GiB"
      notify = "postmaster@example.org"`
    expect(written(text)).toEqual({
      mode: 'pipe',
      state: '/srv/candy',
      pipe: {
        deadline: 300_000,
        reinject: { path: '/var/spool/postfix/public/candy-in' },
        sendmail: '/opt/sendmail',
      },
      smtp: {
        listen: { path: '/var/spool/postfix/candy/proxy' },
        nextHop: { host: '::1', port: 10_026 },
        protocol: 'lmtp',
        deadline: 70_000,
        idle: 60_000,
        workers: 3,
        sessions: 20,
        hang: 5_000,
      },
      milter: { listen: { host: '127.0.0.1', port: 9_742 }, deadline: 50_000 },
      spool: { memory: 65_536 },
      log: { to: '/var/log/candy.log' },
      history: { keepDays: 7, maxSize: 2 * 1024 ** 2, addresses: true },
      metrics: { listen: { host: '127.0.0.1', port: 9_742 } },
      quarantine: { keep: 90 * 86_400_000, maxSize: 1024 ** 3, notify: 'postmaster@example.org' },
    })
  })

  test.each([
    ['pipe', { protocol: 'lmtp', deadline: 900_000 }],
    ['smtp', { protocol: 'lmtp', deadline: 900_000 }],
    ['smtp-before', { protocol: 'smtp', deadline: 80_000 }],
  ] as const)(
    'in mode %s speaks the protocol of the mode, and answers before Postfix gives it up',
    (mode, expected) => {
      const { protocol, deadline } = written(`mode = "${mode}"`).smtp
      expect({ protocol, deadline }).toEqual(expected)
    },
  )

  test.each([
    ['127.0.0.1:10026', { host: '127.0.0.1', port: 10_026 }],
    ['mail.example.com:25', { host: 'mail.example.com', port: 25 }],
    ['[2001:db8::1]:10026', { host: '2001:db8::1', port: 10_026 }],
  ])('re-injects to %s', (text, expected) => {
    expect(written(`[pipe]\nreinject = "${text}"`).pipe.reinject).toEqual(expected)
  })
})

test.each([
  ['/etc/postfix', 'postfix'],
  ['/etc/postfix/', 'postfix'],
  ['/etc/postfix-out', 'etc-postfix-out'],
  ['/srv/mail/etc', 'srv-mail-etc'],
])('the instance in %s is called %s', (directory, name) => {
  expect(instanceName(directory)).toBe(name)
})
