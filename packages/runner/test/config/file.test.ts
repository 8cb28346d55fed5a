import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { FileError, readRegular, readText, TEXT_LIMIT } from '../../src/config/file.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { scratch } from '../support.js'

let path: string

beforeEach(() => {
  path = join(scratch(), 'it.toml')
})

function read(): string | undefined {
  const problems: Problem[] = []
  const text = readText(path, problems)
  return problems.length === 0 ? text : problems.map((one) => printProblem({ ...one, file: 'FILE' })).join('\n')
}

function wrote(bytes: string | Buffer): string | undefined {
  writeFileSync(path, bytes)
  return read()
}

test('text is read as it is, a byte order mark and a replacement character included', () => {
  expect(wrote('\ufeffa = "ä\ufffd"\n')).toBe('\ufeffa = "ä\ufffd"\n')
  expect(wrote('')).toBe('')
})

describe('is refused, and not waited for', () => {
  test('a FIFO that nobody writes to', () => {
    execFileSync('mkfifo', [path])
    expect(read()).toBe('FILE: must be a regular file')
  })

  test('a directory, and a device', () => {
    mkdirSync(path)
    expect(read()).toBe('FILE: must be a regular file')
    expect(() => readRegular('/dev/zero')).toThrow(FileError)
  })

  test('a file that is too large', () => {
    expect(wrote(Buffer.alloc(TEXT_LIMIT + 1, '#'))).toBe(`FILE: is larger than ${TEXT_LIMIT} bytes`)
    expect(wrote(Buffer.alloc(TEXT_LIMIT, '#'))).toHaveLength(TEXT_LIMIT)
  })

  test('a file that is not there', () => {
    expect(read()).toMatch(/^FILE: cannot be read: ENOENT/)
  })

  test.each([
    ['Latin-1', Buffer.from('a = 1\n# caf\xe9\n', 'latin1'), 'FILE:2:6: is not UTF-8: save it as UTF-8'],
    ['a character cut short', Buffer.from([0x61, 0xe2, 0x82]), 'FILE:1:2: is not UTF-8: save it as UTF-8'],
    ['UTF-16', Buffer.from('\ufeffa = 1', 'utf16le'), 'FILE:1:1: is UTF-16: save it as UTF-8'],
  ])('%s', (_, bytes, said) => {
    expect(wrote(bytes)).toBe(said)
  })
})

test('only the beginning of a large file is read where that is enough', () => {
  writeFileSync(path, Buffer.alloc(TEXT_LIMIT * 2, 'x'))
  expect(readRegular(path, Number.POSITIVE_INFINITY, 10).toString()).toBe('xxxxxxxxxx')
})
