import { readdirSync, readFileSync } from 'node:fs'
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { options } from '../src/options.js'

const FOLDER = new URL('../filters.d/', import.meta.url)
const DROP_IN = readFileSync(new URL('60-spamassassin.toml', FOLDER), 'utf8')

/** Issues as `key: what`. */
function issues(input: unknown): string[] {
  const result = v.safeParse(options, input)
  return (result.issues ?? []).map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.message}`)
}

function read(text: string): Record<string, unknown> {
  return getStaticTOMLValue(parseTOML(text)) as Record<string, unknown>
}

test('the defaults ask Debian’s spamd, tag at its threshold, and reject from 15', () => {
  expect(v.parse(options, {})).toEqual({
    addresses: [{ host: '127.0.0.1', port: 783 }],
    wait: 10_000,
    user: '',
    tag: 'required_score',
    quarantine: false,
    reject: 15,
    scan_limit: 512_000,
    subject_tag: '',
  })
})

test.each([
  [{ scan_limit: 512_000 }, 'scan_limit: 512000 has no unit; did you mean "500KiB"?'],
  [{ scan_limit: '500KB' }, 'scan_limit: unknown unit "KB" (B, kB, MB, GB, KiB, MiB, GiB); did you mean "500kB"?'],
  [{ scan_limit: '1B' }, 'scan_limit: must be at least 4096B'],
  [{ wait: 10 }, 'wait: 10 has no unit; did you mean "10s"?'],
  [{ addresses: [] }, 'addresses: must name a spamd'],
  [{ addresses: '127.0.0.1:783' }, 'addresses: must be a list of addresses'],
  [
    { addresses: ['/ok', 'spamd'] },
    'addresses.1: not an address: "spamd"; write "unix:/path", "host:port" or "[2001:db8::1]:port"',
  ],
  [{ addresses: [783] }, 'addresses.0: not an address: write "unix:/path", "host:port" or "[2001:db8::1]:port"'],
  [{ user: 'a\nSet: local' }, 'user: must not contain control characters'],
  [{ subject_tag: 'x'.repeat(65) }, 'subject_tag: must have at most 64 characters'],
  [{ tag: '5' }, 'tag: must be a score, such as 5.0, or "required_score"'],
  [{ tag: false }, 'tag: must be a score, such as 5.0, or "required_score"'],
  [{ reject: true }, 'reject: must be a score, such as 15.0, or false for never'],
  [{ reject: Number.POSITIVE_INFINITY }, 'reject: must be a finite score'],
  [{ quarantine: Number.NaN }, 'quarantine: must be a score, such as 15.0, or false for never'],
  [{ tag: 8, quarantine: 5 }, 'quarantine: must not be below tag'],
  [{ tag: 20 }, 'reject: must not be below tag or quarantine'],
  [{ quarantine: 20 }, 'reject: must not be below tag or quarantine'],
  [
    { rejekt: 9 },
    'rejekt: is no option of this filter; there are addresses, wait, user, tag, quarantine, reject, scan_limit, subject_tag',
  ],
])('%j is refused by name: %s', (input, message) => {
  expect(issues(input)).toEqual([message])
})

test.each([
  [{ tag: 5, quarantine: 5, reject: 5 }],
  [{ tag: -3, quarantine: 0, reject: 100 }],
  [{ tag: 20, reject: false }],
  [{ quarantine: 12, reject: false }],
  [{ tag: 'required_score', quarantine: -1, reject: 0 }],
])('%j stands in order', (input) => {
  expect(issues(input)).toEqual([])
})

test('the package ships one drop-in, and as shipped it says nothing but its name', () => {
  expect(readdirSync(FOLDER)).toEqual(['60-spamassassin.toml'])
  expect(read(DROP_IN)).toEqual({ filter: '@candy/filter-spamassassin', options: {} })
})

test('the drop-in shows every option at its default, and no other', () => {
  const shown = read(DROP_IN.replace(/^# (?=\w+ = )/gm, ''))
  expect(shown).toMatchObject({
    timeout: '60s',
    on_error: 'defer',
    on_reject: 'quarantine',
    on_quarantine: 'quarantine',
  })
  expect(shown).toHaveProperty('max_size')
  expect(Object.keys(shown.options as object)).toEqual(Object.keys(v.parse(options, {})))
  expect(v.parse(options, shown.options)).toEqual(v.parse(options, {}))
})
