import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { accept, defineFilter } from '../src/index.js'
import { contract } from '../src/testing/index.js'

test('the README lists every check of the contract suite, and no other', () => {
  const filter = defineFilter({
    api: 1,
    name: 'all',
    rewrites: true,
    options: v.object({}),
    create: () => ({ judge: () => accept() }),
  })
  const names: string[] = []
  contract({
    test: (name) => names.push(name.replace('contract: ', '')),
    filter,
    backend: async function* () {},
    dropIn: new URL('file:///nowhere'),
  })
  const table =
    /^\| for +\| check +\|\n(?:\|.*\n)+/m.exec(readFileSync(new URL('../README.md', import.meta.url), 'utf8'))?.[0] ??
    ''
  const [, , ...rows] = table.trim().split('\n')
  const listed = rows.map((row) => row.split('|')[2]?.trim())
  expect(new Set(listed)).toEqual(new Set(names))
})
