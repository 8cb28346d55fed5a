import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../src/cli.js'

const before = [
  'smtp      inet  n       -       y       -       -       smtpd',
  'relay     unix  -       -       y       -       -       smtp -o a=\xe9',
  '#off      unix  -       -       y       -       -       smtp',
  '',
].join('\n')
const broken = `${before}bad unix - - maybe - - smtp\n`
const program = fileURLToPath(new URL('../bin/master-cf.js', import.meta.url))

let directory = ''
let path = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'master-cf-'))
  path = join(directory, 'master.cf')
  writeFileSync(path, before, 'latin1')
})
afterEach(() => rmSync(directory, { recursive: true }))

const onDisk = (): string => readFileSync(path, 'latin1')

describe('reading', () => {
  test('print gives the bytes of any file, and cmp agrees', () => {
    writeFileSync(path, Buffer.from([...Array(256).keys()]))
    const { stdout } = spawnSync(program, ['print', path])
    expect(spawnSync('cmp', ['-', path], { input: stdout }).status).toBe(0)
  })

  test('list shows one service a line, and says what is wrong with the file', () => {
    expect(run(['list', path])).toEqual({
      status: 0,
      stdout:
        'smtp       inet  n       -       y       -       -       smtpd\n' +
        'relay      unix  -       -       y       -       -       smtp -o a=\xe9\n',
      stderr: '',
    })
    writeFileSync(path, broken, 'latin1')
    const { status, stderr } = run(['list', path])
    expect([status, stderr]).toEqual([65, `${path}:4:14: neither y, n nor -: maybe\n`])
  })

  test('list --json has services, what is disabled, and problems', () => {
    writeFileSync(path, `${broken}smtp inet n - n - - other\n`, 'latin1')
    const { stdout } = run(['list', '--json', path])
    expect(JSON.parse(Buffer.from(stdout, 'latin1').toString('utf8'))).toMatchObject({
      version: 1,
      services: [
        { service: 'smtp', type: 'inet', chroot: 'y', command: 'smtpd', line: 1, shadowed: true },
        { service: 'relay', options: [{ name: 'a', value: '\ufffd' }], shadowed: false },
        { service: 'bad', problems: [{ code: 'BAD_BOOLEAN', line: 4, column: 14 }] },
        { service: 'smtp', command: 'other', shadowed: false },
      ],
      disabled: [{ service: 'off', type: 'unix', line: 3 }],
      problems: [{ code: 'BAD_BOOLEAN', line: 4, column: 14 }],
    })
  })

  test('get shows an entry, a field or an option', () => {
    expect(run(['get', path, 'relay/unix']).stdout).toBe(`${before.split('\n')[1]}\n`)
    expect(run(['get', path, 'smtp/inet', 'chroot']).stdout).toBe('y\n')
    expect(run(['get', path, 'relay/unix', '-o', 'a']).stdout).toBe('\xe9\n')
    expect(run(['get', '--json', path, 'smtp/inet', 'command']).stdout).toBe('"smtpd"\n')
    expect(run(['get', path, 'relay/unix', '-o', 'b'])).toMatchObject({ status: 1, stdout: '' })
  })
})

describe('writing', () => {
  test('set and unset change the setting that they name, and together restore the bytes', () => {
    expect(run(['set', path, 'smtp/inet', 'chroot=n', '-o', 'content_filter=candy:\u00e9', '-o', 'b=c d'])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
    expect(onDisk()).toBe(
      before.replace(
        'y       -       -       smtpd\n',
        'n       -       -       smtpd\n  -o content_filter=candy:\xc3\xa9\n  -o { b = c d }\n',
      ),
    )
    run(['unset', path, 'smtp/inet', '-o', 'content_filter', '-o', 'b'])
    run(['set', path, 'smtp/inet', 'chroot=y'])
    expect(onDisk()).toBe(before)
    run(['unset', path, 'smtp/inet', 'chroot'])
    expect(run(['get', path, 'smtp/inet', 'chroot']).stdout).toBe('-\n')
  })

  test('add and remove together restore the bytes', () => {
    const add = ['add', path, 'candy-in', 'unix', 'n', '-', 'n', '-', '-', 'smtpd', '-o', 'content_filter=']
    expect(run(add).status).toBe(0)
    const after = `${before}candy-in  unix  n       -       n       -       -       smtpd\n  -o content_filter=\n`
    expect(onDisk()).toBe(after)
    expect(run(add).status).toBe(0)
    expect(onDisk()).toBe(after)
    expect(run(['remove', path, 'candy-in/unix']).status).toBe(0)
    expect(onDisk()).toBe(before)
  })

  test('add takes an entry in one word, with braces', () => {
    run(['add', path, 'x unix - n n - 10 pipe -v\n  flags=R {a b}'])
    expect(onDisk()).toBe(`${before}x         unix  -       n       n       -       10      pipe -v\n  flags=R {a b}\n`)
  })

  test('remove --comment-out keeps the lines', () => {
    expect(run(['remove', '--comment-out', path, 'smtp/inet']).status).toBe(0)
    expect(onDisk()).toBe(`#${before}`)
  })

  test('--dry-run prints a diff that patch(1) takes, and touches nothing', () => {
    const { status, stdout } = run(['set', '--dry-run', path, 'smtp/inet', 'chroot=n'])
    expect([status, onDisk(), readdirSync(directory)]).toEqual([0, before, ['master.cf']])
    expect(spawnSync('patch', [path], { input: Buffer.from(stdout, 'latin1') }).status).toBe(0)
    expect(run(['get', path, 'smtp/inet', 'chroot']).stdout).toBe('n\n')
  })

  test('--json says whether anything changed', () => {
    const changed = run(['set', '--json', path, 'smtp/inet', 'chroot=n']).stdout
    expect(JSON.parse(changed)).toMatchObject({ version: 1, changed: true, diff: expect.stringContaining('+smtp ') })
    const same = run(['set', '--json', path, 'smtp/inet', 'chroot=n']).stdout
    expect(JSON.parse(same)).toEqual({ version: 1, changed: false, diff: '' })
  })
})

describe('a refusal leaves the file as it is, says why, and has its status', () => {
  test.each([
    ['a service that is not there', ['set', 'none/unix', 'chroot=n'], 1, 'no service none/unix'],
    ['', ['unset', 'none/unix', '-o', 'a'], 1, 'no service none/unix'],
    ['', ['remove', 'smtp/inet', 'none/unix'], 1, 'no service none/unix'],
    ['', ['get', 'none/unix'], 1, 'no service none/unix'],
    ['no command line', ['set', 'smtp/inet'], 64, 'set what?'],
    ['', ['set', 'smtp', 'chroot=n'], 64, 'say SERVICE/TYPE'],
    ['', ['set', 'smtp/tcp', 'chroot=n'], 64, 'say SERVICE/TYPE'],
    ['', ['set', 'smtp/inet', 'content_filter=x'], 64, 'set with -o content_filter=VALUE'],
    ['', ['set', 'smtp/inet', 'chroot'], 64, 'NAME=VALUE'],
    ['', ['set', '--force', 'smtp/inet', 'chroot=n'], 64, '--force'],
    ['', ['remove', '-o', 'a', 'smtp/inet'], 64, 'remove takes no -o'],
    ['', ['remove'], 64, 'which service?'],
    ['', ['unset', 'smtp/inet', '-o', 'a=b'], 64, 'a name alone'],
    ['', ['add', 'x unix -'], 64, '3 fields of eight'],
    ['a value no entry can hold', ['set', 'smtp/inet', 'chroot=maybe'], 64, "can't be written"],
    ['', ['set', 'smtp/inet', '-o', 'a={'], 64, "can't hold"],
    ['', ['set', 'smtp/inet', '-o', 'a=b\nc'], 64, 'line break'],
    ['a malformed entry', ['set', 'bad/unix', 'wakeup=1'], 65, ':4:14: bad/unix is malformed'],
    ['', ['remove', 'bad/unix'], 65, ':4:14: bad/unix is malformed'],
    ['', ['remove', '--comment-out', 'bad/unix'], 65, ':4:14: bad/unix is malformed'],
    ['', ['unset', 'bad/unix', '-o', 'a'], 65, ':4:14: bad/unix is malformed'],
    ['', ['get', 'bad/unix'], 65, ':4:14: '],
    ['another service of that name', ['add', 'smtp inet n - n - - other'], 73, ':1:1: smtp/inet is there already'],
  ])('%s %j', (_, [command = '', ...args], status, text) => {
    writeFileSync(path, broken, 'latin1')
    const result = run([command, path, ...args])
    expect(result).toMatchObject({ status, stdout: '' })
    expect(result.stderr).toContain(text)
    expect(onDisk()).toBe(broken)
    expect(readdirSync(directory)).toEqual(['master.cf'])
  })

  test('failed input or output exits with 74', () => {
    expect(run(['print', join(directory, 'none')])).toMatchObject({ status: 74, stdout: '' })
    expect(run(['set', join(directory, 'none'), 'smtp/inet', 'chroot=n']).status).toBe(74)
    mkdirSync(`${path}.tmp`)
    expect(run(['set', path, 'smtp/inet', 'chroot=n']).status).toBe(74)
    expect(onDisk()).toBe(before)
  })

  test('a lock that another process holds exits with 75', () => {
    writeFileSync(`${path}.tmp`, '', { mode: 0o600 })
    // The shell holds the lock for as long as its child, the program, runs.
    const script = 'exec 9<>"$1.tmp"; flock 9; "$0" set "$1" smtp/inet chroot=n'
    const { status, stderr } = spawnSync('sh', ['-c', script, program, path], { encoding: 'utf8' })
    expect(status).toBe(75)
    expect(stderr).toBe(
      `${path} is being changed by another program, which holds the lock on ${path}.tmp: try again when it has finished\n`,
    )
    expect(onDisk()).toBe(before)
  })

  test('when one of several edits fails, none is made', () => {
    expect(run(['set', path, 'smtp/inet', 'chroot=n', 'wakeup=soon']).status).toBe(64)
    expect(onDisk()).toBe(before)
  })
})

describe('the program', () => {
  test('explains itself and each of its commands', () => {
    const help = spawnSync(program, ['--help'], { encoding: 'utf8' })
    expect([help.status, help.stderr]).toEqual([0, ''])
    for (const command of ['print', 'list', 'get', 'set', 'unset', 'add', 'remove']) {
      expect(help.stdout).toContain(`master-cf ${command} `)
      const own = run([command, '--help'])
      expect(own.status).toBe(0)
      expect(own.stdout).toMatch(new RegExp(`^usage: master-cf ${command} .*FILE`))
    }
  })

  test.each([[[]], [['frobnicate']], [['print']], [['print', 'a', 'b']]])('%j is wrong usage', (args) => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    expect([status, stdout]).toEqual([64, ''])
    expect(stderr).toContain('master-cf')
  })

  test('ends without an error when the reader of its output stops reading', () => {
    appendFileSync(path, '# much\n'.repeat(200_000))
    const { status, stderr } = spawnSync('sh', ['-c', `"$0" print "$1" | head -1`, program, path], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})
