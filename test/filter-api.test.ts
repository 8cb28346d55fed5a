import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { apiProblem, type FilterRelease } from './filter-api.js'

const ROOT = resolve(import.meta.dirname, '..')

async function readJson<T>(...path: readonly string[]): Promise<T> {
  return JSON.parse(await readFile(join(ROOT, ...path), 'utf8')) as T
}

async function changesets(): Promise<readonly string[]> {
  const names = (await readdir(join(ROOT, '.changeset'))).filter((name) => name.endsWith('.md') && name !== 'README.md')
  return Promise.all(names.map((name) => readFile(join(ROOT, '.changeset', name), 'utf8')))
}

test('no filter changes its api without a major version', async () => {
  const record = await readJson<Record<string, Record<string, number>>>('.changeset/filter-api.json')
  const folders = (await readdir(join(ROOT, 'packages'))).filter((name) => name.startsWith('filter-'))
  const names = folders.map((folder) => `@candy/${folder}`)
  expect(Object.keys(record)).toEqual(names)
  for (const [index, name] of names.entries()) {
    const { version } = await readJson<{ version: string }>('packages', folders[index] ?? '', 'package.json')
    const { filter } = (await import(name)) as { readonly filter: { readonly api: number } }
    const release = { name, version, api: filter.api, changesets: await changesets(), record: record[name] ?? {} }
    expect(apiProblem(release)).toBeUndefined()
  }
})

const major = '---\n"@candy/filter-it": major\n---\n\nSpeaks version 2 of the contract.\n'
const released: FilterRelease = { name: '@candy/filter-it', version: '1.4.2', api: 1, changesets: [], record: { 1: 1 } }

test.each<[string, Partial<FilterRelease>, string | undefined]>([
  ['the same api', {}, undefined],
  ['the same api in a major version', { changesets: [major], record: { 1: 1, 2: 1 } }, undefined],
  ['another api in a major version', { api: 2, changesets: [major], record: { 1: 1, 2: 2 } }, undefined],
  ['another api, published by now', { version: '2.0.0', api: 2, record: { 1: 1, 2: 2 } }, undefined],
  ['another api', { api: 2 }, '@candy/filter-it 1.x has api 1 and would get 2: that takes a changeset'],
  [
    'another api in a minor version',
    { api: 2, changesets: [major.replace('major', 'minor')], record: { 1: 1, 2: 2 } },
    'that takes a changeset with "@candy/filter-it": major',
  ],
  ["another api in another filter's major version", { api: 2, changesets: [major.replace('-it', '-its')] }, 'takes a'],
  ['a word of it in the text alone', { api: 2, changesets: [`---\n---\n\n${major}`] }, 'takes a changeset'],
  ['a major version without a row', { changesets: [major] }, 'says nothing of @candy/filter-it 2.x, which has api 1'],
  ['a row that is not true', { changesets: [major], record: { 1: 1, 2: 2 } }, 'says 2 of @candy/filter-it 2.x'],
])('%s', (_, change, problem) => {
  const found = apiProblem({ ...released, ...change })
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(problem)
})
