/** The API reference is what the docstrings say now. */
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from './kit/command.js'
import { makeScratch } from './kit/scratch.js'

const ROOT = resolve(import.meta.dirname, '..')
const TOOLS = join(ROOT, 'packages/sdk/reference')

async function pagesIn(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(directory)).toSorted()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')])),
  )
}

test('docs/reference is up to date; `npm run reference` writes it anew', { timeout: 300_000 }, async () => {
  await using scratch = await makeScratch('reference')
  const options = ['--options', join(TOOLS, 'typedoc.json'), '--out', scratch.path]
  await runCommand(join(TOOLS, 'node_modules/.bin/typedoc'), options)
  const pages = await pagesIn(scratch.path)
  expect(Object.keys(pages)).toEqual(['README.md', 'failover.md', 'index.md', 'testing.md', 'values.md'])
  expect(pages).toEqual(await pagesIn(join(ROOT, 'docs/reference')))
})
