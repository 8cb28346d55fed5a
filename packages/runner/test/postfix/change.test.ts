import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceFile } from '../../src/postfix/change.js'
import { scratch } from '../support.js'

test('main.cf looks so old that no program of Postfix waits for its end, and other files do not', () => {
  const directory = scratch()
  const before = Date.now()
  const ages = ['main.cf', 'master.cf'].map((name) => {
    const path = join(directory, name)
    writeFileSync(path, 'a = b\n')
    replaceFile({ path, from: 'a = b\n', to: 'a = c\n' })
    expect(readFileSync(path, 'utf8')).toBe('a = c\n')
    return Date.now() - statSync(path).mtimeMs
  })
  const [main = 0, master = 0] = ages
  expect(main).toBeGreaterThan(2_000)
  expect(master).toBeLessThanOrEqual(Date.now() - before + 10)
})

test('a file that somebody else has changed stays', () => {
  const path = join(scratch(), 'main.cf')
  writeFileSync(path, 'theirs\n')
  expect(() => replaceFile({ path, from: 'mine\n', to: 'new\n' })).toThrow('was changed by somebody else')
  expect(readFileSync(path, 'utf8')).toBe('theirs\n')
})
