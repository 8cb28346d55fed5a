import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { candy, site } from './candy.js'

test('shows what runs, in order, and what is ignored and why', () => {
  const directory = site({
    'filters.d/20-clamav.toml': 'filter = "@candy/filter-clamav"\n[recipients."abuse@example.org"]\nenabled = false\n',
    'filters.d/10-script': '#!/bin/sh\n',
    'filters.d/30-old.toml.disabled': '',
  })
  const { status, stdout } = candy(['list', '-c', directory, '--json'])
  expect(status).toBe(0)
  const listing = JSON.parse(stdout)
  expect(listing).toMatchObject({ version: 1, directory: `${directory}/filters.d`, problems: [] })
  expect(listing.entries).toMatchObject([
    { kind: 'script', name: '10-script' },
    { kind: 'drop-in', name: '20-clamav', package: '@candy/filter-clamav', version: '1.0.0', from: 'runner' },
    { kind: 'ignored', name: '30-old.toml.disabled' },
  ])
  expect(candy(['list', '-c', directory]).stdout).toMatch(
    /10-script[\s\S]*20-clamav.*abuse@example\.org off[\s\S]*ignored/,
  )
})

test('a filter that cannot be loaded exits with 78', () => {
  const directory = site({ 'filters.d/20-x.toml': 'filter = "@candy/filter-nowhere"\n' })
  const { status, stderr } = candy(['list', '-c', directory])
  expect(status).toBe(78)
  expect(stderr).toContain(`${directory}/filters.d/20-x.toml:1:`)
})

test.each([
  [
    'an option key that nobody knows',
    '[options]\nadresses = ["x"]\n',
    /20-clamav\.toml:3:1: options\.adresses: unknown key/,
  ],
  ['an option of another kind', '[options]\nwait = 5\n', /20-clamav\.toml:3:8: options\.wait: /],
])('%s is found, as candy serve would find it', (_, options, expected) => {
  const directory = site({ 'filters.d/20-clamav.toml': `filter = "@candy/filter-clamav"\n${options}` })
  const { status, stderr } = candy(['list', '-c', directory])
  expect(stderr).toMatch(expected)
  expect(status).toBe(78)
})

test('thresholds that contradict each other are found', () => {
  const directory = site({
    'filters.d/60-spam.toml': 'filter = "@candy/filter-spamassassin"\n[options]\nquarantine = 9.0\nreject = 5.0\n',
  })
  const { status, stderr } = candy(['list', '-c', directory])
  expect(stderr).toMatch(/60-spam\.toml:4:10: options\.reject: /)
  expect(status).toBe(78)
})

test('a filter that cannot be made is found', () => {
  const directory = site({
    'it.mjs': `export const filter = { api: 1, name: 'it', rewrites: false,
      options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
      create: () => { throw new Error('no') } }`,
  })
  writeFileSync(join(directory, 'filters.d/20-it.toml'), `filter = "${directory}/it.mjs"\n`)
  const { status, stderr } = candy(['list', '-c', directory])
  expect(stderr).toMatch(/20-it\.toml:1:10: filter: ".*it\.mjs" cannot start: no/)
  expect(status).toBe(78)
})

test('a directory that is missing is not taken for an empty one, and an empty one only where nothing is wrong', () => {
  const missing = candy(['list', '-c', site(), '--filters', '/nowhere'])
  expect(missing.stderr).toContain('/nowhere: no such directory')
  expect(missing.stdout).not.toContain('unfiltered')
  expect(missing.status).toBe(78)
  expect(candy(['list', '-c', site()]).stdout).toMatch(/filters\.d has no filters: mail passes unfiltered\n$/)
  const broken = candy(['list', '-c', site({ 'candy.toml': 'mode = 1\n' })])
  expect(broken.stdout).not.toContain('unfiltered')
  expect(broken.status).toBe(78)
})

test('a name near to that of a filter of ours is not offered for installation', () => {
  const directory = site({ 'filters.d/20-x.toml': 'filter = "@candy/filter-clamv"\n' })
  const { stderr } = candy(['list', '-c', directory])
  expect(stderr).toContain('"@candy/filter-clamv" is not installed; did you mean "@candy/filter-clamav"?')
  expect(stderr).not.toContain('candy add')
})

test('there is a warning when Postfix sends no mail to candy, and none when it does', () => {
  const plain = 'smtp inet n - y - - smtpd\n'
  const without = candy(['list', '-c', site({ 'master.cf': plain, 'main.cf': '' })])
  expect(without.stderr).toContain('warning: Postfix gives no mail to candy')
  expect(without.status).toBe(0)
  const given = `${plain}  -o content_filter=candy-lmtp:unix:candy/lmtp\n`
  expect(candy(['list', '-c', site({ 'master.cf': given, 'main.cf': '' })]).stderr).toBe('')
  const everywhere = 'content_filter = candy-lmtp:unix:candy/lmtp\n'
  expect(candy(['list', '-c', site({ 'master.cf': plain, 'main.cf': everywhere })]).stderr).toBe('')
})

test("a filter whose check() is called knows Postfix's message_size_limit", () => {
  const code = `export const filter = { api: 1, name: 'size', rewrites: false,
      options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
      create: (_, host) => ({ judge: () => ({ action: 'accept' }),
        check: async () => ({ ok: true, text: 'limit ' + host.messageSizeLimit }) }) }`
  for (const [main, limit] of [
    ['', 'limit 10240000'],
    ['message_size_limit = 2345\n', 'limit 2345'],
    ['message_size_limit = $mine\nmine = 77\n', 'limit 77'],
    ['message_size_limit = 0\n', 'limit undefined'],
  ]) {
    const directory = site({ 'size.mjs': code, 'main.cf': main ?? '' })
    writeFileSync(join(directory, 'filters.d/20-size.toml'), `filter = "${directory}/size.mjs"\n`)
    const { stdout } = candy(['list', '-c', directory, '--json', '--ask'])
    expect(JSON.parse(stdout).health).toEqual([{ name: '20-size', ok: true, text: limit }])
  }
})

test('what a filter prints is not in the output, and what it leaves running does not keep the command from ending', () => {
  const code = `console.log('{}'); process.stdout.write('noise'); setInterval(() => console.log('more'), 10)
    export const filter = { api: 1, name: 'loud', rewrites: false,
      options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
      create: () => ({ judge: () => ({ action: 'accept' }), check: async () => ({ ok: false, text: 'no daemon' }) }) }`
  const directory = site({ 'loud.mjs': code })
  writeFileSync(join(directory, 'filters.d/20-loud.toml'), `filter = "${directory}/loud.mjs"\n`)
  const { status, stdout } = candy(['list', '-c', directory, '--json', '--ask'])
  expect(JSON.parse(stdout)).toMatchObject({
    problems: [],
    health: [{ name: '20-loud', ok: false, text: 'no daemon' }],
  })
  expect(status).toBe(0)
})
