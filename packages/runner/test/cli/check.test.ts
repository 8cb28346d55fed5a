import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../support.js'
import { candy, site } from './candy.js'

const MESSAGE = 'Subject: hi\n\nhello\n'
const script = (text: string): string => `#!/bin/sh\ncat >/dev/null\n${text}\n`

test('judges standard input, and says so in JSON', () => {
  const directory = site({
    'filters.d/10-fine': script('exit 0'),
    'filters.d/20-bad': script('echo 5.7.9 bad mail; exit 69'),
  })
  const { status, stdout, stderr } = candy(['check', '-c', directory, '--json'], MESSAGE)
  expect(stderr).toBe('')
  expect(status).toBe(69)
  const outcome = {
    action: 'quarantine',
    filter: '20-bad',
    text: 'bad mail',
    status: '2.0.0',
    edits: [],
    rewritten: false,
    filters: [
      { name: '10-fine', action: 'accept', milliseconds: expect.any(Number) },
      { name: '20-bad', action: 'reject', milliseconds: expect.any(Number), text: 'bad mail' },
    ],
  }
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    ...outcome,
    sender: '',
    groups: [{ recipients: ['postmaster'], ...outcome }],
  })
})

test('judges a file with the envelope it is told, and writes what would go on', () => {
  const directory = site({
    'filters.d/10-mark':
      '#!/bin/sh\n# candy: rewrites\necho "X-To: $CANDY_RECIPIENTS"; echo "X-From: $CANDY_SENDER"; cat\n',
  })
  const file = join(scratch(), 'm.eml')
  writeFileSync(file, MESSAGE)
  const out = `${file}.out`
  const { status, stdout } = candy([
    'check',
    '-c',
    directory,
    '--from',
    'a@x',
    '--to',
    'b@y',
    '--out',
    out,
    '--json',
    file,
  ])
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ action: 'accept', status: '2.0.0', rewritten: true })
  expect(readFileSync(out, 'utf8')).toBe('X-To: b@y\r\nX-From: a@x\r\nSubject: hi\r\n\r\nhello\r\n')
})

test('the sender is read from the message, unless --from is given', () => {
  const directory = site({ 'filters.d/10-who': script('echo "5.7.1 from $CANDY_SENDER"; exit 69') })
  const message = 'From someone Fri Nov 27 11:00:00 2026\nReturn-Path: <a@example.com>\nSubject: hi\n\nhello\n'
  const { stdout, stderr } = candy(['check', '-c', directory], message)
  expect(stdout).toContain('from <a@example.com> to <postmaster>')
  expect(stdout).toContain('from a@example.com')
  expect(stderr).toContain('the first line is left out')
  expect(JSON.parse(candy(['check', '-c', directory, '--from', '', '--json'], message).stdout).sender).toBe('')
})

test('--from and --to accept any envelope that a stranger may send, and the null sender as in SMTP', () => {
  const directory = site({})
  const judge = (from: string, to: string): { readonly sender: string; readonly groups: readonly object[] } =>
    JSON.parse(candy(['check', '-c', directory, '--json', '--from', from, '--to', to], MESSAGE).stdout)
  const strange = { from: '"john @ doe"@[IPv6:2001:db8::1]', to: 'jörg@exämple.com' }
  expect(judge(strange.from, strange.to)).toMatchObject({
    sender: strange.from,
    groups: [{ recipients: [strange.to] }],
  })
  expect(judge('<>', '<a@example.org>')).toMatchObject({ sender: '', groups: [{ recipients: ['a@example.org'] }] })
})

test('a removal is shown only where there was a field to remove', () => {
  const options = "{ '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } }"
  const judge = "() => ({ action: 'accept', edits: [{ remove: 'X-There' }, { remove: 'X-Not-There' }] })"
  const text = `export const filter = { api: 1, name: 'removing', options: ${options}, create: () => ({ judge: ${judge} }) }`
  const directory = site({ 'mine/removing.js': text })
  writeFileSync(join(directory, 'filters.d/10-removing.toml'), `filter = "${directory}/mine/removing.js"\n`)
  const message = 'X-There: 1\nSubject: x\n\nbody\n'
  expect(candy(['check', '-c', directory], message).stdout).toMatch(/^- X-There\naccept$/m)
  expect(JSON.parse(candy(['check', '-c', directory, '--json'], message).stdout).edits).toEqual([{ remove: 'X-There' }])
})

test('a message that cannot be judged exits with 75', () => {
  const directory = site({ 'filters.d/10-broken': script('exit 1') })
  const { status, stdout } = candy(['check', '-c', directory], MESSAGE)
  expect(status).toBe(75)
  expect(stdout).toContain('defer: 10-broken: content filter unavailable')
})

test('where a scanner does not answer, the command that says why is named, and it does say why', () => {
  const directory = site({
    'filters.d/50-clamav.toml':
      'filter = "@candy/filter-clamav"\n[options]\naddresses = ["/nowhere/clamd.ctl"]\nwait = "1ms"\n',
    'filters.d/60-broken': script('exit 1'),
  })
  const { status, stderr } = candy(['check', '-c', directory], MESSAGE)
  expect(status).toBe(75)
  const [, named = ''] = /^why 50-clamav could not decide, and what to do about it: candy (.*)$/m.exec(stderr) ?? []
  expect(named).toBe(`-c ${directory} list --ask`)
  expect(candy(named.split(' ')).stderr).toMatch(/^warning: 50-clamav: .*clamd/m)
  const [report] = JSON.parse(candy(['check', '-c', directory, '--json'], MESSAGE).stdout).filters
  expect(report).toMatchObject({ name: '50-clamav', code: 'SCANNER_UNREACHABLE', askable: true })
  const alone = candy(['check', '-c', directory, '--filter', '@candy/filter-spamassassin'], MESSAGE)
  expect(alone.stderr).toBe('')
})

test('one filter alone, by its path', () => {
  const directory = site({ 'mine/judge': script('echo no; exit 69') })
  expect(candy(['check', '-c', directory, '--filter', join(directory, 'mine/judge')], MESSAGE).status).toBe(69)
})

test.each([
  [['check', '--bogus'], 64, "unknown option '--bogus'"],
  [['check', 'a', 'b'], 64, 'too many arguments'],
  [['chekc'], 64, "unknown command 'chekc'"],
  [['check', '/nowhere/m.eml'], 66, '/nowhere/m.eml'],
  [['check', '--out', '/nowhere/out'], 74, '/nowhere/out'],
  [['check', '--to', 'not an address'], 64, "option '--to <address>' argument 'not an address' is invalid"],
  [['check', '--to', ''], 64, "option '--to <address>' argument '' is invalid"],
  [['check', '--to', '<>'], 64, "option '--to <address>' argument '<>' is invalid"],
  [['check', '--from', 'a@b, c@d'], 64, "option '--from <address>' argument 'a@b, c@d' is invalid"],
])('candy %j ends with %d', (argv, status, why) => {
  const run = candy(argv, MESSAGE)
  expect(run.stderr).toContain(why)
  expect(run.status).toBe(status)
})

test('a wrong drop-in exits with 78, with file, line and column', () => {
  const directory = site({ 'filters.d/10-av.toml': 'filter = "@candy/filter-clamav"\ntimeuot = "3s"\n' })
  const { status, stderr } = candy(['check', '-c', directory], MESSAGE)
  expect(status).toBe(78)
  expect(stderr).toContain(`${directory}/filters.d/10-av.toml:2:1: timeuot: `)
  expect(stderr).toContain('did you mean "timeout"?')
})

test('help is on standard output and 0, for candy and each command', () => {
  for (const argv of [['--help'], ['check', '--help'], ['list', '--help'], ['pipe', '--help']]) {
    const { status, stdout } = candy(argv)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Usage: candy /)
  }
})

test('shows what becomes of the message for each group of recipients', () => {
  const options = "{ '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } }"
  const marked = "{ action: 'accept', edits: [{ add: 'X-Word', value: word }] }"
  const create = `({ word }) => ({ judge: () => (word ? ${marked} : { action: 'reject', text: 'no' }) })`
  const filter = `export const filter = { api: 1, name: 'marking', fields: ['X-Word'], options: ${options}, create: ${create} }`
  const directory = site({ 'mine/marking.js': filter })
  const rules = '[recipients."off.example"]\nenabled = false\n[recipients."a@example"]\noptions.word = "a"\n'
  writeFileSync(join(directory, 'filters.d/10-marking.toml'), `filter = "${directory}/mine/marking.js"\n${rules}`)
  const to = ['a@example', 'b@example', 'c@OFF.example', 'd@example'].flatMap((address) => ['--to', address])
  const { status, stdout } = candy(['check', '-c', directory, '--json', ...to], MESSAGE)
  expect(status).toBe(69)
  const refused = { action: 'quarantine', filter: '10-marking', text: 'no', status: '2.0.0' }
  expect(JSON.parse(stdout)).toMatchObject({
    ...refused,
    groups: [
      { recipients: ['a@example'], action: 'accept', edits: [{ add: 'X-Word', value: 'a' }] },
      { recipients: ['b@example', 'd@example'], ...refused },
      { recipients: ['c@OFF.example'], action: 'accept', edits: [], filters: [] },
    ],
  })
  const out = join(directory, 'out')
  const { stdout: text, stderr, status: usage } = candy(['check', '-c', directory, '--out', out, ...to], MESSAGE)
  expect(usage).toBe(64)
  expect(text).toBe('')
  expect(stderr).toContain('--out: the message goes on in more than one form')
  const recipients = ['--to', 'c@off.example', '--to', 'd@example']
  const plain = candy(['check', '-c', directory, '--out', out, ...recipients], MESSAGE).stdout
  expect(plain).toMatch(
    /^from <> to <c@off\.example>, <d@example>\nc@off\.example:\nno filters\naccept\n\nd@example:\n.*\nquarantine: 10-marking: no\n$/s,
  )
  expect(readFileSync(out, 'utf8')).toBe('Subject: hi\r\n\r\nhello\r\n')
})

test('an argument behind a recipient is the message if it is a file, and refused if it is a directory', () => {
  const directory = site({})
  const file = join(scratch(), 'm.eml')
  writeFileSync(file, 'From: a@example.com\n\nhello\n')
  const { status, stdout } = candy(['check', '-c', directory, '--to', 'b@example', file], MESSAGE)
  expect(status).toBe(0)
  expect(stdout).toContain('from <a@example.com> to <b@example>\n')
  const wrong = candy(['check', '-c', directory, scratch()], MESSAGE)
  expect(wrong.status).toBe(66)
  expect(wrong.stderr).toMatch(/^\/.*: a directory, where the file of one message is wanted\n$/)
})
