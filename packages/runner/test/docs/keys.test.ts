/** The tables of docs/candy-toml.md and docs/filters-d.md against the readers of those files: every key, every default. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { code, readPage, readTable } from '../../../../test/kit/pages.js'
import { parseDropIn } from '../../src/config/drop-in.js'
import { Ownership } from '../../src/config/ownership.js'
import type { Problem } from '../../src/config/problem.js'
import { parseSettings, readSettings } from '../../src/config/settings.js'
import { makeSettings } from '../../src/config/settings-edit.js'
import { instanceName } from '../../src/postfix/instance-name.js'
import { MODES, reinjectionSocket, SMTP_MODES } from '../../src/postfix/mode.js'
import { scratch } from '../support.js'

/** Keys whose default follows from the machine or from Postfix. */
const WITHOUT_DEFAULT = [
  ...['smtp.listen', 'smtp.next_hop', 'smtp.workers', 'milter.listen', 'metrics.listen'],
  ...['quarantine.max_size', 'quarantine.notify'],
]

const inSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const isFixed = (row: Readonly<Record<string, string>>): boolean => row.default?.startsWith('`') === true

test('candy.toml: the documented keys are those that there are', () => {
  const settings = readSettings(scratch(), new Ownership(), [])
  const keys = Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'object' ? Object.keys(value).map((inner) => `${key}.${inSnakeCase(inner)}`) : [key],
  )
  const rows = readTable(readPage('docs/candy-toml.md'), 'key')
  const documented = rows.map((row) => code(row.key))
  expect(documented.toSorted()).toEqual([...keys, ...WITHOUT_DEFAULT].toSorted())
  expect(rows.filter(isFixed)).toHaveLength(keys.length)
})

test('candy.toml: what has no fixed default is known all the same', () => {
  const directory = scratch()
  const problems: Problem[] = []
  const lines = [
    'smtp.listen = "unix:/a"',
    'smtp.next_hop = "127.0.0.1:25"',
    'smtp.workers = 3',
    'milter.listen = "unix:/b"',
    'metrics.listen = "[::1]:9742"',
    'quarantine.max_size = "1GiB"',
    'quarantine.notify = "postmaster@example.org"',
  ]
  writeFileSync(join(directory, 'candy.toml'), `${lines.join('\n')}\n`)
  readSettings(directory, new Ownership(), problems)
  expect(problems).toEqual([])
  expect(lines.map((line) => line.split(' ')[0])).toEqual(WITHOUT_DEFAULT)
})

test('candy.toml: the documented defaults are what holds without the file', () => {
  const directory = scratch()
  const problems: Problem[] = []
  const without = readSettings(directory, new Ownership(), problems)
  const lines = readTable(readPage('docs/candy-toml.md'), 'key')
    .filter(isFixed)
    .map((row) => `${code(row.key)} = ${code(row.default).replace('INSTANCE', instanceName(directory))}`)
  writeFileSync(join(directory, 'candy.toml'), `${lines.join('\n')}\n`)
  expect(readSettings(directory, new Ownership(), problems)).toEqual(without)
  expect(problems).toEqual([])
})

test('candy.toml: a new file shows every key, and those that have a fixed default with that', () => {
  const directory = scratch()
  const text = makeSettings({ mode: 'smtp' }, `/var/lib/candy/${instanceName(directory)}`)
  const without = parseSettings(directory, '', [])
  const problems: Problem[] = []
  expect(parseSettings(directory, text, problems)).toEqual(without)
  const defaults = text.replace(/^# (?=[a-z_.]+ = )/gm, '')
  expect(parseSettings(directory, defaults, problems)).toEqual(without)
  const examples = defaults.replace(/^# +(?=[a-z_.]+ = )/gm, '')
  parseSettings(directory, examples, problems)
  expect(problems).toEqual([])
  const keys = [...examples.matchAll(/^([a-z_.]+) = /gm)].map(([, key]) => key)
  const documented = readTable(readPage('docs/candy-toml.md'), 'key').map((row) => code(row.key))
  expect(keys.toSorted()).toEqual(documented.toSorted())
})

test('candy.toml: the documented sockets, protocols and deadlines are those of the modes', () => {
  const rows = readTable(readPage('docs/candy-toml.md'), 'mode')
  expect(rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, code(cell)])))).toEqual(
    SMTP_MODES.map((mode) => ({
      mode,
      'listens on': `$queue_directory/${MODES[mode].socket}`,
      'hands on to': `$queue_directory/${reinjectionSocket(mode)}`,
      protocol: `"${MODES[mode].protocol}"`,
      deadline: `"${MODES[mode].deadline / 1000}s"`,
    })),
  )
})

test('a drop-in: the documented keys are known, and the documented defaults hold without them', () => {
  const problems: Problem[] = []
  const policy = (text: string) => {
    const drop = { path: '/50-name.toml', name: '50-name', text: `filter = "@candy/filter-clamav"\n${text}` }
    return parseDropIn(drop, problems)?.policy
  }
  const rows = readTable(readPage('docs/filters-d.md'), 'key')
  const without = policy('')
  const defaults = rows.filter(isFixed)
  expect(defaults.map((row) => code(row.key)).toSorted()).toEqual(
    Object.keys(without ?? {})
      .map((key) => key.replace(/[A-Z]/g, (mail) => `_${mail.toLowerCase()}`))
      .toSorted(),
  )
  expect(policy(defaults.map((row) => `${code(row.key)} = ${code(row.default)}\n`).join(''))).toEqual(without)
  policy('max_size = "1MiB"\n[options]\n')
  expect(problems).toEqual([])
  const rest = rows.filter((row) => !isFixed(row))
  expect(rest.map((row) => code(row.key))).toEqual(['filter', 'max_size', 'on_reject', '[options]', '[recipients]'])
})

test('a rule for recipients: the documented names and keys are known, and the documented drop-in is read', () => {
  const problems: Problem[] = []
  const read = (text: string) => {
    return parseDropIn({ path: '/50-name.toml', name: '50-name', text }, problems)?.rules ?? []
  }
  const page = readPage('docs/filters-d.md')
  const patterns = readTable(page, 'name in quotes').map((row) => code(row['name in quotes']))
  const rules = read(`filter = "x"\n${patterns.map((name) => `[recipients.${name}]\n`).join('')}`)
  expect(rules.map(({ pattern }) => JSON.stringify(pattern))).toEqual(patterns)
  const [enabled, policy, options] = readTable(page, 'key in a rule')
  const preset = {
    timeout: '"1s"',
    max_size: '"1MiB"',
    on_error: '"accept"',
    on_reject: '"tag"',
    on_quarantine: '"tag"',
    on_unscannable: '"tag"',
  }
  const keys = [...(policy?.is ?? '').matchAll(/`(\w+)`/g)].map(([, key]) => key ?? '')
  expect(keys).toEqual(Object.keys(preset))
  const lines = Object.entries(preset).map(([key, value]) => `${key} = ${value}\n`)
  const [rule] = read(
    `filter = "x"\n[recipients."*"]\n${code(enabled?.['key in a rule'])} = false\n${lines.join('')}${code(options?.['key in a rule'])} = {}\n`,
  )
  expect(rule).toMatchObject({ enabled: false, policy: { timeout: 1000, maxSize: 1048576, onReject: 'tag' } })
  expect(read(/```toml\n([^`]*)```/.exec(page)?.[1] ?? '')).toHaveLength(2)
  expect(problems).toEqual([])
})
