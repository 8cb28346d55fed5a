/** `candy quarantine list`, `show` and `delete`, typed by root as an administrator would: they run as the account candy. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TEXT } from '../quarantine/stored.js'
import { candyIds } from '../support.js'
import { candy, type Run, site } from './candy.js'
import { makeQuarantineSite, type QuarantineSite } from './quarantine-site.js'

interface Desk extends QuarantineSite {
  /** `candy -c DIR quarantine ARGUMENTS`. */
  run(...argv: readonly string[]): Run
}

async function startDesk(): Promise<Desk> {
  const made = await makeQuarantineSite()
  return {
    ...made,
    run: (...argv) => {
      made.give()
      return candy(['-c', made.configDirectory, 'quarantine', ...argv])
    },
  }
}

/** Matches printable ASCII and line ends only. */
const PLAIN = /^[\n\x20-\x7e]*$/

test('list shows what lies there, damaged or not, and a terminal is told nothing that a stranger chose', async () => {
  const desk = await startDesk()
  const name = await desk.keep()
  const hostile = await desk.keep({
    id: 'evil',
    time: '2026-01-03T00:00:00Z',
    envelope: { sender: '\x1b]0;owned\x07@example.com', recipients: ['b\u202e@example.net', 'c@example.net'] },
    header: { subject: '\x1b[2J\nnext \x9b31m' },
  })
  symlinkSync('/etc/passwd', join(desk.directory, '20260104T000000Z-link'))
  mkdirSync(join(desk.directory, 'odd\x1b[2J'))
  const { status, stdout, stderr } = desk.run('list')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(PLAIN)
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(7)
  expect(lines.slice(5)).toEqual(['', '4 messages, 98 B'])
  expect(lines[1]).toMatch(
    new RegExp(
      `^${name} +held +49 +<a@example.com> +<b@example.net> and 1 more +50-clamav +virus found: Eicar +hello$`,
    ),
  )
  expect(lines[2]).toMatch(new RegExp(`^${hostile} +held +.*next \\?31m$`))
  expect(lines[3]).toMatch(/^20260104T000000Z-link +damaged .*it is no directory/)
  expect(lines[4]).toMatch(/^odd\?\[2J +damaged /)
  const json = desk.run('list', '--json').stdout
  expect(json).toMatch(PLAIN)
  expect(JSON.parse(json).messages[1]).toMatchObject({
    sender: '\x1b]0;owned\x07@example.com',
    subject: '\x1b[2J\nnext \x9b31m',
  })
  expect(desk.run('show', hostile, '--json').stdout).toMatch(PLAIN)
})

test('list --json has every member, and the same criteria', async () => {
  const desk = await startDesk()
  const name = await desk.keep()
  const other = await desk.keep({ id: 'X', reason: { filter: '60-spam', text: 'looks like spam', status: [7, 1] } })
  const { version, directory, messages } = JSON.parse(desk.run('list', '--json').stdout)
  expect({ version, directory }).toEqual({ version: 1, directory: desk.directory })
  expect(messages[0]).toEqual({
    name,
    state: 'held',
    time: '2026-01-02T03:04:05.000Z',
    size: TEXT.length,
    id: '4bXyz12',
    sender: 'a@example.com',
    recipients: ['b@example.net', 'c@example.org'],
    filter: '50-clamav',
    reason: 'virus found: Eicar',
    from: 'A <a@example.com>',
    subject: 'hello',
  })
  const namesWith = (...argv: readonly string[]): readonly string[] =>
    JSON.parse(desk.run('list', '--json', ...argv).stdout).messages.map((one: { name: string }) => one.name)
  expect(namesWith()).toEqual([name, other])
  expect(namesWith('--filter', '60-spam')).toEqual([other])
  expect(namesWith('--older-than', '1d', '--reason', 'eicar')).toEqual([name])
  expect(namesWith('--newer-than', '30d')).toEqual([])
  expect(namesWith('--sender', '<>')).toEqual([])
  expect(namesWith('--recipient', '*@EXAMPLE.org', '--state', 'held')).toHaveLength(2)
  const wrong = desk.run('list', '--older-than', '30')
  expect(wrong).toMatchObject({ status: 64, stderr: expect.stringContaining('30 has no unit') })
  const states = 'held, releasing, partly released, released, uncertain, damaged'
  expect(desk.run('list', '--state', 'foo')).toMatchObject({ status: 64, stderr: expect.stringContaining(states) })
})

test('an empty quarantine and none at all are told apart', async () => {
  const desk = await startDesk()
  expect(desk.run('list')).toMatchObject({ status: 0, stdout: `${desk.directory} has no messages\n` })
  const nowhere = site()
  writeFileSync(join(nowhere, 'candy.toml'), `state = "${nowhere}/state"\n`)
  const bare = candy(['-c', nowhere, 'quarantine', 'list', '--json'])
  expect(bare.status).toBe(66)
  expect(JSON.parse(bare.stdout).error.text).toMatch(/there is no quarantine; "candy -c \S+ enable" makes it/)
})

test('show tells why, what each filter said and the header, in printable ASCII', async () => {
  const desk = await startDesk()
  const text = 'From: a\r\nSubject: \x1b[2J\r\n folded\r\nX: \xff\r\n\r\nbody\r\n'
  const name = await desk.keep({}, text)
  const { status, stdout } = desk.run('show', '4bXyz12')
  expect(status).toBe(0)
  expect(stdout).toMatch(PLAIN)
  expect(stdout).toMatch(new RegExp(`^name +${name}\nstate +held\n`))
  expect(stdout).toContain('50-clamav: virus found: Eicar\n')
  expect(stdout).toContain('50-clamav reject 3 ms (virus found: Eicar)')
  expect(stdout).toContain('\nFrom: a\nSubject: ?[2J folded\nX: ?\n')
  expect(stdout).toContain(` quarantine delete ${name}\n`)
  expect(stdout).not.toContain('body')
  const { message } = JSON.parse(desk.run('show', '20260102', '--json').stdout)
  expect(message).toMatchObject({ name, state: 'held', record: { id: '4bXyz12' }, events: [] })
})

test('show --raw writes the bytes of the message, and not to a terminal', async () => {
  const desk = await startDesk()
  const name = await desk.keep({}, 'Subject: x\r\n\r\n\x00\xff\x1b\r\n')
  expect(Buffer.from(desk.run('show', '--raw', name).stdout, 'utf8').toString('utf8')).toContain('\x1b\r\n')
  const { stdout, status } = spawnSync(
    'script',
    [
      '-qec',
      `${process.execPath} ${process.env.CANDY_COMMAND ?? candyPath()} -c ${join(desk.directory, '../..')} quarantine show --raw ${name}`,
      '/dev/null',
    ],
    { encoding: 'latin1' },
  )
  expect(status).toBe(64)
  expect(stdout).toContain('a terminal would obey what a stranger wrote')
})

function candyPath(): string {
  return join(import.meta.dirname, '../../bin/candy.cjs')
}

test('a name that may be several lists them, and one that is none says so', async () => {
  const desk = await startDesk()
  const names = [await desk.keep(), await desk.keep()]
  const { status, stderr } = desk.run('show', '4bX')
  expect(status).toBe(64)
  expect(stderr).toBe(`"4bX" may be any of these; say more of the name:\n  ${names.join('\n  ')}\n`)
  expect(desk.run('show', 'x\x1b')).toMatchObject({
    status: 69,
    stderr: expect.stringContaining('no message "x\\u001b"'),
  })
})

test('a damaged message is shown as far as it goes', async () => {
  const desk = await startDesk()
  const name = await desk.keep()
  writeFileSync(join(desk.directory, name, 'record.json'), '{')
  const { status, stdout } = desk.run('show', name)
  expect(status).toBe(69)
  expect(stdout).toContain(`damage      ${desk.directory}/${name}/record.json: it is not JSON`)
})

test('delete removes what is named or chosen, asks before it removes several, and logs it', async () => {
  const desk = await startDesk()
  const [name, other] = [await desk.keep(), await desk.keep({ id: 'X' })]
  expect(desk.run('delete', name, '--dry-run')).toMatchObject({ status: 0, stdout: `would delete ${name}\n` })
  expect(desk.run('delete').stderr).toMatch(/which messages\? Name them as candy -c .* quarantine list shows them/)
  expect(desk.run('delete', name, '--all').status).toBe(64)
  expect(desk.run('delete', '--all').stderr).toBe('nobody is there to ask: say --yes to go on without asking\n')
  expect(readdirSync(desk.directory)).toHaveLength(2)
  expect(desk.run('delete', name)).toMatchObject({ status: 0, stdout: `deleted ${name}\n` })
  expect(desk.run('delete', name).status).toBe(69)
  expect(JSON.parse(desk.run('delete', '--filter', '50-clamav', '--yes', '--json').stdout)).toEqual({
    version: 1,
    deleted: [other],
    kept: [],
  })
  expect(readdirSync(desk.directory)).toEqual([])
  expect(desk.run('delete', '--all').stdout).toBe('no such messages: nothing to delete\n')
  expect(readFileSync(desk.log, 'utf8')).toMatch(
    new RegExp(`quarantined message deleted name=${name} id=\\S+ state=held`),
  )
  const [user] = await candyIds()
  expect(statSync(desk.log).uid).toBe(user)
})

test('release says who would get it, and names what is wrong with what was typed', async () => {
  const desk = await startDesk()
  const name = await desk.keep()
  expect(desk.run('release', name, '--dry-run')).toMatchObject({
    status: 0,
    stdout: `would release ${name} to <b@example.net>, <c@example.org>\n`,
  })
  expect(desk.run('release', name, '--only', '<C@example.org>', '--dry-run').stdout).toContain('to <c@example.org>\n')
  expect(desk.run('release', name, '--only', 'x@example.org', '--dry-run').stderr).toBe(
    `${name}: not released: it is not addressed to x@example.org, but to b@example.net, c@example.org\n`,
  )
  expect(desk.run('release', name, '--to', 'a b').stderr).toContain('Not a mail address')
  expect(desk.run('release', name, '--to', 'a@b', '--only', 'b@example.net').status).toBe(64)
  expect(desk.run('release', name)).toMatchObject({ status: 69, stderr: expect.stringContaining('postconf') })
  desk.configure('[smtp]\nnext_hop = "unix:/nowhere"')
  const { status, stderr } = desk.run('release', name)
  expect(status).toBe(69)
  expect(stderr).toContain('Postfix does not take mail at unix:/nowhere')
  expect(readFileSync(desk.log, 'utf8')).toMatch(/quarantined message not released name=/)
  expect(JSON.parse(desk.run('list', '--state', 'held', '--json').stdout).messages).toHaveLength(1)
})

test('expire deletes what candy.toml does not keep, or what the command line says, and nothing while candy.toml is wrong', async () => {
  const desk = await startDesk()
  const old = await desk.keep({ time: new Date(Date.now() - 40 * 86_400_000).toISOString() })
  const young = await desk.keep({ time: new Date(Date.now() - 10 * 86_400_000).toISOString() })
  expect(desk.run('expire', '--dry-run').stdout).toBe(`would delete ${old} (held, too old)\n`)
  desk.configure('[quarantine]\nkeep = "30"')
  expect(desk.run('expire')).toMatchObject({
    status: 78,
    stderr: expect.stringContaining('quarantine.keep: 30 has no unit'),
  })
  expect(readdirSync(desk.directory)).toHaveLength(2)
  desk.configure('[quarantine]\nkeep = "forever"')
  expect(desk.run('expire').stdout).toBe('nothing has expired\n')
  desk.configure('')
  expect(JSON.parse(desk.run('expire', '--json').stdout)).toEqual({ version: 1, deleted: [old], kept: [] })
  expect(desk.run('expire', '--max-size', '1B').stdout).toBe(`deleted ${young} (held, for room)\n`)
  expect(readFileSync(desk.log, 'utf8')).toMatch(
    new RegExp(`quarantined message expired name=${old} id=\\S+ state=held limit=keep`),
  )
})

test('expire deletes nothing because of its age while the clock is not believed, unless it is told to', async () => {
  const desk = await startDesk()
  const service = join(desk.directory, '../service')
  mkdirSync(service)
  spawnSync('chown', ['candy:', service])
  const old = await desk.keep({ time: new Date(Date.now() - 40 * 86_400_000).toISOString() })
  writeFileSync(join(service, 'clock.json'), JSON.stringify({ version: 1, believed: Date.now() - 35 * 86_400_000 }))
  for (const argv of [['--dry-run'], []]) {
    expect(desk.run('expire', ...argv)).toMatchObject({
      status: 69,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(`^${old} cannot be deleted: the clock has moved \\(it was .* --older-than`),
      ),
    })
  }
  expect(desk.run('expire', '--older-than', '30d').stdout).toBe(`deleted ${old} (held, too old)\n`)
})

test('help is there for each, and a wrong option says where', () => {
  expect(candy(['quarantine', '--help']).stdout).toMatch(/list .*\n[\s\S]*show .*\n[\s\S]*delete /)
  expect(candy(['quarantine', 'list', '--bogus'])).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('"candy quarantine list --help" says how it goes.'),
  })
})
