/** docs/decisions and its index. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, readPage } from './kit/pages.js'

const FOLDER = 'docs/decisions'
const names = readdirSync(join(ROOT, FOLDER)).filter((name) => name !== 'README.md')

test('decisions are numbered without a gap', () => {
  expect(names.map((name) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]))).toEqual(names.map((_, at) => at + 1))
})

test('the index has a line for each decision, in order, with its title and what it is about', () => {
  const lines = readPage(join(FOLDER, 'README.md'))
    .split('\n')
    .filter((line) => line.startsWith('- '))
  const titles = names.map((name) => /^# (.*)$/m.exec(readPage(join(FOLDER, name)))?.[1] ?? '')
  for (const [at, title] of titles.entries()) expect(title).toMatch(new RegExp(`^${at + 1}\\. \\S`))
  expect(lines.map((line) => /^- \[.*\]\([^)]*\)(?=: \S.*\.$)/.exec(line)?.[0])).toEqual(
    names.map((name, at) => `- [${titles[at]}](${name})`),
  )
})
