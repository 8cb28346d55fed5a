import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { scratch } from '../support.js'
import { COMMAND, candy, site } from './candy.js'

const ROOT = resolve(import.meta.dirname, '../../../..')
const DROP_IN = readFileSync(join(ROOT, 'packages/filter-clamav/filters.d/50-clamav.toml'), 'utf8')

interface Host {
  readonly directory: string
  readonly filters: string
  readonly state: string
}

/** A Postfix configuration directory, and a state directory, with nothing in them. */
function host(): Host {
  const home = scratch()
  // candy check reads what is installed as the account candy, where that is there.
  chmodSync(home, 0o755)
  const state = join(home, 'state')
  mkdirSync(state)
  const directory = site({ 'candy.toml': `mode = "pipe"\nstate = "${state}"\n` })
  return { directory, filters: join(directory, 'filters.d'), state }
}

function run({ directory }: Host, ...argv: readonly string[]) {
  return candy([...argv, '-c', directory])
}

test('a package that is there already is used, and its drop-in copied as it is', () => {
  const where = host()
  const { status, stdout } = run(where, 'add', '@candy/filter-clamav')
  expect(status).toBe(0)
  expect(stdout).toBe(`${where.filters}/50-clamav.toml: added (@candy/filter-clamav)\n`)
  expect(readFileSync(join(where.filters, '50-clamav.toml'), 'utf8')).toBe(DROP_IN)
  expect(statSync(join(where.filters, '50-clamav.toml')).mode & 0o777).toBe(0o644)
  expect(readdirSync(where.filters)).toEqual(['50-clamav.toml'])
  expect(existsSync(join(where.state, 'packages'))).toBe(false)
  expect(run(where, 'add', '@candy/filter-clamav').stdout).toContain('there already')
})

test('a file that the operator has changed stays, and the new one is put beside it', () => {
  const where = host()
  const path = join(where.filters, '50-clamav.toml')
  writeFileSync(path, 'filter = "@candy/filter-clamav"\n')
  const { status, stdout } = run(where, 'add', '@candy/filter-clamav')
  expect(status).toBe(0)
  expect(stdout).toContain(`${path}.candy-new`)
  expect(readFileSync(path, 'utf8')).toBe('filter = "@candy/filter-clamav"\n')
  expect(readFileSync(`${path}.candy-new`, 'utf8')).toBe(DROP_IN)
})

test('a second instance has a name of its own', () => {
  const where = host()
  run(where, 'add', '@candy/filter-clamav')
  expect(run(where, 'add', '@candy/filter-clamav', '--as', '55-clamav-b').status).toBe(0)
  expect(readdirSync(where.filters)).toEqual(['50-clamav.toml', '55-clamav-b.toml'])
  expect(run(where, 'add', '@candy/filter-clamav', '--as', '../x').status).toBe(64)
})

test('what was removed is put back with what the operator had changed', () => {
  const where = host()
  const path = join(where.filters, '50-clamav.toml')
  writeFileSync(path, 'filter = "@candy/filter-clamav"\ntimeout = "7s"\n')
  const removed = run(where, 'remove', '50-clamav')
  expect(removed.stdout).toContain(
    `to put it back: mv ${path}.disabled ${path}, then "candy -c ${where.directory} reload"`,
  )
  expect(removed.status).toBe(0)
  expect(readdirSync(where.filters)).toEqual(['50-clamav.toml.disabled'])
  expect(run(where, 'list').stdout).toContain('disabled')
  expect(run(where, 'add', '@candy/filter-clamav').stdout).toContain('put back')
  expect(readFileSync(path, 'utf8')).toContain('7s')
})

test('a drop-in that keeps the site from loading is taken out again', () => {
  const where = host()
  writeFileSync(join(where.filters, '50-clamav.toml.disabled'), 'filter = "@candy/filter-clamav"\ntimeuot = "7s"\n')
  const { status, stderr } = run(where, 'add', '@candy/filter-clamav')
  expect(status).toBe(78)
  expect(stderr).toContain('50-clamav.toml:2:1: timeuot: ')
  expect(readdirSync(where.filters)).toEqual(['50-clamav.toml.disabled'])
})

test.each([
  [['add', '/nowhere/x.tgz'], 69, 'no such file'],
  [['add', 'commander'], 69, 'no filter'],
  [['remove', '50-clamaw'], 69, 'has no filter 50-clamaw'],
  [['add'], 64, 'missing required argument'],
])('candy %j ends with %d', (argv, status, why) => {
  const where = host()
  const ended = run(where, ...argv)
  expect(ended.stderr).toContain(why)
  expect(ended.status).toBe(status)
  expect(readdirSync(where.filters)).toEqual([])
})

test('a dry run says what would be done, and does nothing', () => {
  const where = host()
  const { status, stdout } = run(where, 'add', '@candy/filter-clamav', join(ROOT, 'examples/filter-size'), '--dry-run')
  expect(status).toBe(0)
  expect(stdout).toContain(`install ${ROOT}/examples/filter-size into ${where.state}/packages`)
  expect(readdirSync(where.filters)).toEqual([])
  expect(readdirSync(where.state)).toEqual([])
})

/** A filter package in a directory of its own, whose filter answers with this word. */
function mine(word: string): string {
  const directory = join(scratch(), 'mine')
  mkdirSync(join(directory, 'filters.d'), { recursive: true })
  const files = { 'filters.d/70-mine.toml': 'filter = "mine"\n', 'index.js': code(word) }
  const manifest = { name: 'mine', version: '1.0.0', type: 'module', main: 'index.js' }
  for (const [name, text] of Object.entries({ ...files, 'package.json': JSON.stringify(manifest) })) {
    writeFileSync(join(directory, name), text)
  }
  return directory
}

function code(word: string): string {
  return `export const filter = { api: 1, name: 'mine', rewrites: false,
    options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
    create: () => ({
      judge: () => ({ action: 'reject', text: '${word}' }),
      check: async () => ({ ok: ${word !== 'ill'}, text: 'I am ${word}' }),
    }) }\n`
}

describe('a package of the own directory', () => {
  const judged = (where: Host): string =>
    JSON.parse(candy(['check', '--json', '-c', where.directory], 'Subject: hi\n\nhi\n').stdout).text

  test('is installed anew each time, also where its version is the same; what does not load is not, and what was there stays', {
    timeout: 300_000,
  }, () => {
    const where = host()
    const directory = mine('first')
    const trees = (): readonly string[] => readdirSync(join(where.state, 'packages')).toSorted()
    const write = (text: string): void => writeFileSync(join(directory, 'index.js'), text)
    write('throw new Error("broken")')
    expect(run(where, 'add', directory)).toMatchObject({ status: 78, stderr: expect.stringMatching(/: broken/) })
    expect(trees()).toEqual([])
    // A command that was killed has left the link that was to become `current`.
    symlinkSync('1', join(where.state, 'packages/.current'))
    write(code('first'))
    const { status, stderr } = run(where, 'add', directory)
    expect(stderr).toContain('70-mine: I am first')
    expect(status).toBe(0)
    write('throw new Error("broken")')
    const broken = run(where, 'add', directory)
    expect(broken.stderr).toMatch(/70-mine\.toml:1:10: filter: "mine" cannot be loaded from .*: broken/)
    expect(broken.status).toBe(78)
    expect(judged(where)).toBe('first')
    expect(trees()).toEqual(['1', 'current'])
    write(code('second'))
    expect(run(where, 'add', directory).status).toBe(0)
    expect(judged(where)).toBe('second')
    expect(trees()).toEqual(['1', '2', 'current'])
    write(code('third'))
    expect(run(where, 'add', directory).status).toBe(0)
    expect(trees()).toEqual(['2', '3', 'current'])
  })

  test('that has a set-uid program is installed without the set-uid bit', () => {
    const where = host()
    const directory = mine('first')
    copyFileSync('/bin/true', join(directory, 'root'))
    chmodSync(join(directory, 'root'), 0o6777)
    const packed = execFileSync('npm', ['pack', directory, '--silent'], { encoding: 'utf8', cwd: scratch() }).trim()
    expect(packed).toBe('mine-1.0.0.tgz')
    // npm pack removes such bits, but a tarball can also be made in another way.
    const tarball = join(scratch(), 'mine.tgz')
    execFileSync('tar', ['-czf', tarball, '--transform', 's,^mine,package,', '-C', join(directory, '..'), 'mine'])
    expect(run(where, 'add', tarball).status).toBe(0)
    expect(statSync(join(where.state, 'packages/current/node_modules/mine/root')).mode & 0o7777).toBe(0o755)
  })

  test('whose check() is not ok is added, with a warning', () => {
    const where = host()
    const { status, stderr } = run(where, 'add', mine('ill'))
    expect(stderr).toContain('warning: 70-mine: I am ill')
    expect(status).toBe(0)
  })
})

test('what is to be installed below a directory of somebody else is refused', () => {
  const where = host()
  chownSync(where.state, 12_345, 12_345)
  const { status, stderr } = run(where, 'add', mine('first'))
  expect(stderr).toContain(`nothing is installed there: ${where.state} belongs to user 12345`)
  expect(status).toBe(69)
})

test.each([
  '@candy/filter-clamv',
  '@candy/filter-spamasassin',
  '@cndy/filter-clamav',
  '@other/filter-clamav',
  'filter-clamav',
  'clamav',
])('%s is not installed for a filter of ours by mistake', (name) => {
  const where = host()
  const { status, stderr } = run(where, 'add', name)
  expect(stderr).toMatch(/did you mean that\? Nothing was installed; --exact/)
  expect(status).toBe(69)
  expect(existsSync(join(where.state, 'packages'))).toBe(false)
})

test('remove asks before it deletes, and prints JSON', () => {
  const where = host()
  run(where, 'add', '@candy/filter-clamav')
  const asked = run(where, 'remove', '50-clamav', '--purge')
  expect(asked.stderr).toContain('say --yes')
  expect(asked.status).toBe(64)
  expect(readdirSync(where.filters)).toEqual(['50-clamav.toml'])
  const path = join(where.filters, '50-clamav.toml')
  const { status, stdout } = run(where, 'remove', '50-clamav', '--purge', '--yes', '--json')
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    removed: { name: '50-clamav', path, result: 'deleted' },
    reload: null,
  })
  expect(status).toBe(0)
  expect(readdirSync(where.filters)).toEqual([])
})

test('a full disk is reported as such, and what was installed before stays', () => {
  const where = host()
  const directory = mine('first')
  writeFileSync(join(directory, 'large'), Buffer.alloc(200_000))
  const script = `mount -t tmpfs -o size=1m,mode=755 none "$1" && state=$1 && shift && "$@" &&
    { dd if=/dev/zero of="$state/full" 2>/dev/null; truncate -s -100k "$state/full"; "$@"; status=$?; ls -A "$state/packages" >&2; exit $status; }`
  const line = [process.execPath, COMMAND, '-c', where.directory, 'add', directory]
  const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', where.state, ...line], {
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/: no space is left on the disk: make room, then try again\n1\ncurrent\n$/)
  expect(status).toBe(74)
})

test('what cannot be deleted is not reported as deleted', () => {
  const where = host()
  run(where, 'add', '@candy/filter-clamav')
  const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
  const line = [process.execPath, COMMAND, '-c', where.directory, 'remove', '50-clamav', '--purge', '--yes']
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', where.filters, ...line], {
    encoding: 'utf8',
  })
  expect(stderr).toBe(
    `${where.filters}/50-clamav.toml: the file system is read-only: mount it for writing, then try again\n`,
  )
  expect(stdout).toBe('')
  expect(status).toBe(74)
})

describe('tarballs', () => {
  let tarballs: string[]
  beforeAll(() => {
    const directory = join(ROOT, 'node_modules/.cache/candy-tarballs')
    mkdirSync(directory, { recursive: true })
    const packages = ['packages/sdk', 'node_modules/valibot', 'packages/filter-clamav'].map((path) => join(ROOT, path))
    const argv = ['pack', ...packages, '--pack-destination', directory, '--ignore-scripts', '--silent']
    const printed = execFileSync('npm', argv, { encoding: 'utf8', cwd: directory })
    tarballs = printed
      .trim()
      .split('\n')
      .map((name) => join(directory, name))
  })

  test('several at once install without a network, run nothing, and are taken out again', () => {
    const where = host()
    const added = candy(['add', '-c', where.directory, ...tarballs], '', { npm_config_offline: 'true' })
    expect(added).toMatchObject({
      status: 0,
      stdout: `${where.filters}/50-clamav.toml: added (@candy/filter-clamav)\n`,
    })
    const installed = join(where.state, 'packages/1/node_modules/@candy/filter-clamav')
    expect(statSync(installed).isDirectory()).toBe(true)
    const { entries } = JSON.parse(run(where, 'list', '--json').stdout)
    expect(entries).toMatchObject([{ name: '50-clamav', from: 'site', directory: installed }])
    const dropIn = join(where.filters, '50-clamav.toml')
    // There is no clamd that it could wait for.
    writeFileSync(dropIn, `timeout = "1s"\n${readFileSync(dropIn, 'utf8')}`)
    const checked = candy(['check', '-c', where.directory], 'Subject: hi\n\nhi\n')
    expect(checked.stdout).toContain('50-clamav')
    expect(run(where, 'remove', '50-clamav', '--purge', '--yes').status).toBe(0)
    expect(readdirSync(where.filters)).toEqual([])
    expect(existsSync(join(where.state, 'packages/current/node_modules/@candy/filter-clamav'))).toBe(false)
    expect(existsSync(installed)).toBe(true)
  })

  test('one that lacks what it depends on is not installed, and npm says why', () => {
    const where = host()
    const alone = tarballs.slice(2)
    const { status, stderr } = candy(['add', '-c', where.directory, ...alone], '', {
      npm_config_offline: 'true',
      npm_config_cache: scratch(),
    })
    expect(status).toBe(69)
    expect(stderr).toContain('npm install failed')
    expect(readdirSync(where.filters)).toEqual([])
  })
})
