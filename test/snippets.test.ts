/** The TypeScript in the pages compiles against the packages as they are built, and each filter among it judges a message. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { FilterPackage } from '@candy/sdk'
import { message, run, testHost } from '@candy/sdk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tryCommand } from './kit/command.js'
import { makeScratch, type Scratch } from './kit/scratch.js'

const ROOT = resolve(import.meta.dirname, '..')

/** Pages with the number of their snippets. */
const PAGES: Readonly<Record<string, number>> = {
  'README.md': 1,
  'docs/writing-a-filter.md': 5,
  'packages/filter-clamav/README.md': 1,
  'packages/master-cf/README.md': 1,
  'packages/milter/README.md': 1,
  'packages/sdk/README.md': 6,
}

let scratch: Scratch
const filters: string[] = []

/** The snippets of a page; a first line `// name.ts` names the file that others import. */
async function snippets(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(ROOT, page), 'utf8')
  const found = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)
  return new Map(found.map((code, index) => [/^\/\/ ([\w./-]+\.ts)\n/.exec(code)?.[1] ?? `snippet-${index}.ts`, code]))
}

beforeAll(async () => {
  scratch = await makeScratch('snippets')
  for (const page of Object.keys(PAGES)) {
    for (const [name, code] of await snippets(page)) {
      const path = join(scratch.path, dirname(page), name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, `${code}\nexport {}\n`)
      if (code.includes('export const filter')) filters.push(path)
    }
  }
  await symlink(join(ROOT, 'node_modules'), join(scratch.path, 'node_modules'))
  await writeFile(join(scratch.path, 'package.json'), '{ "type": "module" }')
  const compilerOptions = { noUnusedLocals: false, noEmit: false, rootDir: '.', outDir: 'made' }
  const tsconfig = { extends: join(ROOT, 'tsconfig.test.json'), compilerOptions, exclude: ['node_modules', 'made'] }
  await writeFile(join(scratch.path, 'tsconfig.json'), JSON.stringify(tsconfig))
})

afterAll(() => scratch?.remove())

test('no page with a snippet is missing', async () => {
  const folders = [
    '.',
    'docs',
    'examples',
    ...(await readdir(join(ROOT, 'packages'))).map((name) => `packages/${name}`),
  ]
  const pages = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(ROOT, folder))
      return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name))
    }),
  )
  const counts = await Promise.all(pages.flat().map(async (page) => [page, (await snippets(page)).size] as const))
  expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(PAGES)
})

test('the snippets compile, and their filters judge', async () => {
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  const { stdout } = await tryCommand(tsc, ['-p', scratch.path, '--pretty', 'false'])
  expect(stdout.toString()).toBe('')
  expect(filters.length).toBeGreaterThan(3)
  for (const path of filters) {
    const made = path.replace(scratch.path, join(scratch.path, 'made')).replace(/\.ts$/, '.js')
    const { filter } = (await import(made)) as { readonly filter: FilterPackage }
    const options = await filter.options['~standard'].validate({})
    if (options.issues !== undefined) throw new Error(`${path} needs options`)
    const { verdict } = await run(
      await filter.create(options.value, testHost()),
      message('Subject: lunch\n\nat noon?\n'),
    )
    expect(verdict.action).toBe('accept')
  }
})
