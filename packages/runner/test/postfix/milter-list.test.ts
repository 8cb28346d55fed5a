/** candy gets into main.cf's lists of milters, whatever they look like, and out of them without a trace. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readValue, removeParameters } from '../../src/postfix/main-cf.js'
import {
  MILTER,
  MILTER_LISTS,
  miltersIn,
  namesMilter,
  withMilter,
  withoutMilter,
  withoutMilterWord,
} from '../../src/postfix/milter-list.js'

function restored(main: string): string {
  return removeParameters(withoutMilter(main), [MILTER], true)
}

const LINES = [
  'smtpd_milters = inet:127.0.0.1:8891',
  'smtpd_milters=unix:/run/x y',
  'smtpd_milters =',
  'non_smtpd_milters = $smtpd_milters',
  'non_smtpd_milters =\r',
  'own = $smtpd_milters',
  '  { inet:127.0.0.1:8892, default_action = accept }',
  '# comment',
  '',
  'a = $b',
]

test('both lists name candy once, and restoring gives the same text, whatever the file', () => {
  const texts = fc
    .array(fc.constantFrom(...LINES), { maxLength: 8 })
    .map((all) => all.map((line) => `${line}\n`).join(''))
  fc.assert(
    fc.property(texts, (text) => {
      const main = withMilter(text)
      for (const list of MILTER_LISTS) expect(namesMilter(main, readValue(main, list) ?? '')).toBe(true)
      expect(withMilter(main)).toBe(main)
      expect(restored(main)).toBe(text)
    }),
  )
})

test('candy comes before the milters of the site, and once where a list has the other by its name', () => {
  expect(withMilter('smtpd_milters =\n  inet:a:1\n  inet:b:2\nnon_smtpd_milters = $smtpd_milters\n')).toBe(
    'smtpd_milters = $candy_milter,\n  inet:a:1\n  inet:b:2\nnon_smtpd_milters = $smtpd_milters\ncandy_milter =\n',
  )
  const named = 'mine = $candy_milter, inet:a:1\nsmtpd_milters = $(mine)\nnon_smtpd_milters = $(smtpd_milters)\n'
  expect(withMilter(named)).toBe(`${named}candy_milter =\n`)
  expect(namesMilter('a = $b\nb = $a\n', '$a')).toBe(false)
  expect(namesMilter('', '$candy_milters')).toBe(false)
})

test('where somebody has moved the word, or set other milters beside it, only the word is removed', () => {
  const moved = (list: string): string => restored(`smtpd_milters = ${list}\ncandy_milter =\n`)
  expect(moved('inet:v:1, $candy_milter, inet:s:2')).toBe('smtpd_milters = inet:v:1, inet:s:2\n')
  expect(moved('inet:v:1, $candy_milter')).toBe('smtpd_milters = inet:v:1\n')
  expect(moved('inet:v:1\n  $candy_milter\n  inet:s:2')).toBe('smtpd_milters = inet:v:1\n \n  inet:s:2\n')
  expect(moved('$candy_milter inet:s:2')).toBe('smtpd_milters = inet:s:2\n')
  expect(moved('$candy_milter')).toBe('')
  expect(moved('$candy_milters')).toBe('smtpd_milters = $candy_milters\n')
})

test('of a list in master.cf the word is removed likewise', () => {
  for (const [list, rest] of [
    ['$candy_milter,inet:a:1', 'inet:a:1'],
    ['inet:a:1, $candy_milter', 'inet:a:1'],
    ['inet:a:1,$candy_milter,inet:b:2', 'inet:a:1,inet:b:2'],
    ['$candy_milter', ''],
    ['inet:a:1', 'inet:a:1'],
    ['$candy_milters', '$candy_milters'],
  ] as const)
    expect(withoutMilterWord(list)).toBe(rest)
})

test('milters are counted as Postfix does, one in braces with its settings', () => {
  expect(miltersIn(', inet:a:1 { unix:x, default_action=accept },unix:/y')).toEqual([
    'inet:a:1',
    '{ unix:x, default_action=accept }',
    'unix:/y',
  ])
  expect(miltersIn(' , ')).toEqual([])
})
