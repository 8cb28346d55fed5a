/** The tables of docs/candy-toml.md and docs/filters-d.md against the readers of those files: every key, every default. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDropIn } from '../../src/site/drop-in.js'
import { Ownership } from '../../src/site/ownership.js'
import type { Problem } from '../../src/site/problem.js'
import { instanceName, readSettings } from '../../src/site/settings.js'
import { scratch } from '../support.js'
import { code, readPage, readTable } from './pages.js'

/** Keys whose default follows from the machine or from Postfix. */
const WITHOUT_DEFAULT = ['smtp.listen', 'smtp.next_hop', 'smtp.workers']

const isFixed = (row: Readonly<Record<string, string>>): boolean => row.default?.startsWith('`') === true

test('candy.toml: the documented keys are those that there are', () => {
  const settings = readSettings(scratch(), new Ownership(), [])
  const keys = Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'object' ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key],
  )
  const rows = readTable(readPage('docs/candy-toml.md'), 'key')
  const documented = rows.map((row) => code(row.key))
  expect(documented.toSorted()).toEqual([...keys, ...WITHOUT_DEFAULT].toSorted())
  expect(rows.filter(isFixed)).toHaveLength(keys.length)
})

test('candy.toml: what has no fixed default is known all the same', () => {
  const directory = scratch()
  const problems: Problem[] = []
  const lines = ['smtp.listen = "unix:/a"', 'smtp.next_hop = "127.0.0.1:25"', 'smtp.workers = 3']
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

test('a drop-in: the documented keys are known, and the documented defaults hold without them', () => {
  const directory = scratch()
  const problems: Problem[] = []
  const policy = (text: string) => {
    const path = join(directory, '50-name.toml')
    writeFileSync(path, `filter = "@candy/filter-clamav"\n${text}`)
    return readDropIn(path, '50-name', 'quarantine', problems)?.policy
  }
  const rows = readTable(readPage('docs/filters-d.md'), 'key')
  const without = policy('')
  const defaults = rows.filter(isFixed)
  expect(defaults.map((row) => code(row.key)).toSorted()).toEqual(
    Object.keys(without ?? {})
      .map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
      .toSorted(),
  )
  expect(policy(defaults.map((row) => `${code(row.key)} = ${code(row.default)}\n`).join(''))).toEqual(without)
  policy('max_size = "1MiB"\n[options]\n')
  expect(problems).toEqual([])
  const rest = rows.filter((row) => !isFixed(row))
  expect(rest.map((row) => code(row.key))).toEqual(['filter', 'max_size', '[options]'])
})
