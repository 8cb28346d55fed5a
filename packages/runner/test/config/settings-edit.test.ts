/** Switching the mode in candy.toml leaves the operator's other lines alone. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Ownership } from '../../src/config/ownership.js'
import type { Problem } from '../../src/config/problem.js'
import { readSettings } from '../../src/config/settings.js'
import { makeSettings, setsReinject, withMode } from '../../src/config/settings-edit.js'
import { parseDocument } from '../../src/config/toml.js'
import { scratch } from '../support.js'

const BEFORE = { mode: 'smtp-before' } as const

test('a new file has the requested settings, and can be read', () => {
  const directory = scratch()
  writeFileSync(join(directory, 'candy.toml'), makeSettings(BEFORE, '/var/lib/candy/x "y"'))
  const problems: Problem[] = []
  const settings = readSettings(directory, new Ownership(), problems)
  expect(problems).toEqual([])
  expect(settings).toMatchObject({ mode: 'smtp-before', state: '/var/lib/candy/x "y"' })
})

test.each([
  ['', 'mode = "smtp-before"\n'],
  ['# mine\nmode = "pipe" # why\n', '# mine\nmode = "smtp-before" # why\n'],
  ["mode = 'smtp'\n[smtp]\nworkers = 2\n", 'mode = "smtp-before"\n[smtp]\nworkers = 2\n'],
  ['[ smtp ] # here\nworkers = 2', 'mode = "smtp-before"\n[ smtp ] # here\nworkers = 2'],
  ['smtp.workers = 2\n', 'mode = "smtp-before"\nsmtp.workers = 2\n'],
])('%j becomes what was asked and keeps the rest', (text, expected) => {
  const after = withMode(text, BEFORE)
  expect(after).toBe(expected)
  expect(parseDocument(after, 'candy.toml', [])?.value).toMatchObject({ mode: 'smtp-before' })
  expect(withMode(after, BEFORE)).toBe(after)
})

test('pipe.reinject is written for pipe mode where the operator has not set it', () => {
  const pipe = { mode: 'pipe', reinject: 'unix:/var/spool/postfix/public/candy-in' } as const
  const line = 'reinject = "unix:/var/spool/postfix/public/candy-in"\n'
  expect(makeSettings(pipe, '/x')).toContain(`\n[pipe]\n${line}`)
  const tables = [
    ['[pipe]\ndeadline = "5m"\n', `[pipe]\n${line}deadline = "5m"\n`],
    ['[ pipe ] # here\ndeadline = "5m"', `[ pipe ] # here\n${line}deadline = "5m"`],
    ['[pipe]', `[pipe]\n${line}`],
    ['[smtp]\n', `[smtp]\n\n[pipe]\n${line}`],
  ] as const
  for (const [text, expected] of tables) expect(withMode(text, pipe)).toBe(`mode = "pipe"\n${expected}`)
  const own = '[pipe]\nreinject = "sendmail"\n'
  expect(withMode(own, pipe)).toBe(withMode(own, { mode: 'pipe' }))
  expect([setsReinject(own), setsReinject('mode = "pipe"\n')]).toEqual([true, false])
})

test('an inline table without the key is not edited', () => {
  expect(() => withMode('pipe = { deadline = "5m" }\n', { mode: 'pipe', reinject: 'sendmail' })).toThrow(
    'pipe.reinject',
  )
})
