import { execFileSync, spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { logFile } from '../../src/trace/log-file.js'
import { withOlderParts } from '../../src/trace/rotation.js'
import { scratch, text } from '../support.js'
import { writeLogs } from './logs.js'

const LINES = 'one\ntwo\n'

function read(path: string, followLinks = true): Promise<string> {
  return text(logFile(path, followLinks).read())
}

test('the older parts of a log are known by their names', () => {
  const ours = [
    'mail.log',
    'mail.log.1',
    'mail.log.2.gz',
    'mail.log-20261127',
    'mail.log-20261126.xz',
    'mail.log-2026-11-25.zst',
    'mail.log.20261127-204111.bz2',
    'mail-20261124.log',
    'mail-20261123.log.lz4',
  ]
  const others = [
    'mail.log.old',
    'mail.log.bak.1',
    'mail.logs',
    'mail.err',
    'mail.log.1.swp',
    'xmail.log',
    'mail.log.1~',
  ]
  const directory = writeLogs(Object.fromEntries([...ours, ...others].map((name) => [name, ''])))
  const found = withOlderParts(join(directory, 'mail.log'))
  expect(found.map((path) => path.slice(directory.length + 1)).toSorted()).toEqual(ours.toSorted())
})

test('a part that is being compressed counts once', () => {
  const directory = writeLogs({ 'mail.log': '', 'mail.log.1': '', 'mail.log.1.gz': '' })
  expect(withOlderParts(join(directory, 'mail.log'))).toHaveLength(2)
})

test.each([
  ['.gz', undefined],
  ['.xz', 'xz'],
  ['.zst', 'zstd'],
  ['.bz2', 'bzip2'],
  ['.lz4', 'lz4'],
])('a log compressed as %s is read', async (extension, command) => {
  if (command !== undefined && spawnSync(command, ['--version']).error !== undefined) return
  const bytes = command === undefined ? gzipSync(LINES) : execFileSync(command, ['-zc'], { input: LINES })
  const directory = writeLogs({ [`mail.log.1${extension}`]: bytes })
  expect(await read(join(directory, `mail.log.1${extension}`))).toBe(LINES)
})

test('a log in several gzip members is read to its end', async () => {
  const directory = writeLogs({ 'mail.log.1.gz': Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]) })
  expect(await read(join(directory, 'mail.log.1.gz'))).toBe(LINES)
})

test.each(['.gz', '.xz'])(
  'what is not compressed as its name says, %s, is an error that says so',
  async (extension) => {
    const directory = writeLogs({ [`mail.log.1${extension}`]: LINES })
    await expect(read(join(directory, `mail.log.1${extension}`))).rejects.toThrow('cannot be decompressed')
  },
)

test('a command that is missing is named', async () => {
  const directory = writeLogs({ 'mail.log.1.xz': LINES })
  vi.stubEnv('PATH', scratch())
  try {
    await expect(read(join(directory, 'mail.log.1.xz'))).rejects.toThrow('xz(1) is not installed')
  } finally {
    vi.unstubAllEnvs()
  }
})

test('a link is followed only where it is allowed', async () => {
  const directory = scratch()
  writeFileSync(join(directory, 'secret'), LINES)
  symlinkSync('secret', join(directory, 'candy.log'))
  expect(await read(join(directory, 'candy.log'))).toBe(LINES)
  expect(() => logFile(join(directory, 'candy.log'), false)).toThrow('symbolic link')
})

test('a FIFO, a directory and a device are refused at once', () => {
  const directory = scratch()
  execFileSync('mkfifo', [join(directory, 'fifo')])
  for (const path of [join(directory, 'fifo'), directory, '/dev/zero']) {
    expect(() => logFile(path, true)).toThrow('not a regular file')
  }
  expect(() => logFile(join(directory, 'none'), true)).toThrow('no such file')
})
