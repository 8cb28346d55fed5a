import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { describe, expect, onTestFinished, test } from 'vitest'
import { accept, defineFilter } from '../src/index.js'
import { contract } from '../src/testing/index.js'

const path = (from: string) => fileURLToPath(new URL(from, import.meta.url))
const PAGES = [path('../README.md'), path('../../../docs/writing-a-filter.md')]

/** The TypeScript snippets of a page; a first line `// name.ts` names the file that others import. */
function snippets(page: string): Map<string, string> {
  const found = [...readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
  return new Map(found.map((code, index) => [/^\/\/ ([\w./-]+\.ts)\n/.exec(code)?.[1] ?? `snippet-${index}.ts`, code]))
}

describe.each(PAGES)('%s', (page) => {
  test('its snippets compile', { timeout: 60_000 }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'snippets-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const files = snippets(page)
    expect(files.size).toBeGreaterThan(2)
    for (const [name, code] of files) {
      await mkdir(join(root, name, '..'), { recursive: true })
      await writeFile(join(root, name), `${code}\nexport {}\n`)
    }
    await symlink(path('../../../node_modules'), join(root, 'node_modules'))
    const tsconfig = {
      extends: path('../../../tsconfig.test.json'),
      compilerOptions: {
        noUnusedLocals: false,
        paths: {
          '@candy/sdk': [path('../src/index.ts')],
          '@candy/sdk/testing': [path('../src/testing/index.ts')],
        },
      },
    }
    await writeFile(join(root, 'tsconfig.json'), JSON.stringify(tsconfig))
    await writeFile(join(root, 'package.json'), '{ "type": "module" }')
    const output = await new Promise<string>((resolve) => {
      execFile(join(root, 'node_modules/.bin/tsc'), ['-p', root, '--pretty', 'false'], (_failed, stdout) =>
        resolve(stdout),
      )
    })
    expect(output).toBe('')
  })
})

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
  const table = /^\| for +\| check +\|\n(?:\|.*\n)+/m.exec(readFileSync(path('../README.md'), 'utf8'))?.[0] ?? ''
  const [, , ...rows] = table.trim().split('\n')
  const listed = rows.map((row) => row.split('|')[2]?.trim())
  expect(new Set(listed)).toEqual(new Set(names))
})
