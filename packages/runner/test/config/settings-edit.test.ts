/** Switching the mode in candy.toml leaves the operator's other lines alone. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Ownership } from '../../src/config/ownership.js'
import type { Problem } from '../../src/config/problem.js'
import { readSettings } from '../../src/config/settings.js'
import { makeSettings, saysReinject, withMode } from '../../src/config/settings-edit.js'
import { parseDocument } from '../../src/config/toml.js'
import { scratch } from '../support.js'

const BEFORE = { mode: 'smtp', queue: 'before' } as const

test('a new file says what was asked, and can be read', () => {
  const directory = scratch()
  writeFileSync(join(directory, 'candy.toml'), makeSettings(BEFORE, '/var/lib/candy/x "y"'))
  const problems: Problem[] = []
  const settings = readSettings(directory, new Ownership(), problems)
  expect(problems).toEqual([])
  expect(settings).toMatchObject({ mode: 'smtp', smtp: { queue: 'before' }, state: '/var/lib/candy/x "y"' })
})

test.each([
  ['', 'mode = "smtp"\n\n[smtp]\nqueue = "before"\n'],
  ['# mine\nmode = "pipe" # why\n', '# mine\nmode = "smtp" # why\n\n[smtp]\nqueue = "before"\n'],
  ["mode = 'smtp'\n[smtp]\nqueue = 'after'\n", 'mode = \'smtp\'\n[smtp]\nqueue = "before"\n'],
  ['[ smtp ] # here\nworkers = 2', 'mode = "smtp"\n[ smtp ] # here\nqueue = "before"\nworkers = 2'],
  ['smtp.queue = "after"\n', 'mode = "smtp"\nsmtp.queue = "before"\n'],
  ['[smtp]', 'mode = "smtp"\n[smtp]\nqueue = "before"\n'],
  ['smtp = { queue = "after", workers = 2 }\n', 'mode = "smtp"\nsmtp = { queue = "before", workers = 2 }\n'],
])('%j becomes what was asked and keeps the rest', (text, expected) => {
  const after = withMode(text, BEFORE)
  expect(after).toBe(expected)
  expect(parseDocument(after, 'candy.toml', [])?.value).toMatchObject({ mode: 'smtp', smtp: { queue: 'before' } })
  expect(withMode(after, BEFORE)).toBe(after)
})

test('a table written inline without the key is not guessed at', () => {
  expect(() => withMode('smtp = { workers = 2 }\n', BEFORE)).toThrow('smtp.queue')
})

test('the way back of pipe mode is written where the operator says nothing of it', () => {
  const pipe = { ...BEFORE, reinject: 'unix:/var/spool/postfix/public/candy-in' } as const
  const line = 'reinject = "unix:/var/spool/postfix/public/candy-in"\n'
  expect(makeSettings(pipe, '/x')).toContain(`\n[pipe]\n${line}`)
  expect(withMode('[pipe]\ndeadline = "5m"\n', pipe)).toContain(`[pipe]\n${line}deadline = "5m"\n`)
  const own = '[pipe]\nreinject = "sendmail"\n'
  expect(withMode(own, pipe)).toBe(withMode(own, BEFORE))
  expect([saysReinject(own), saysReinject('mode = "pipe"\n')]).toEqual([true, false])
})
