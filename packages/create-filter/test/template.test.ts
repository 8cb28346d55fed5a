/** What is made is tried as its author would, in directories of their own and without a network. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attempt } from './attempt.js'

const ROOT = join(import.meta.dirname, '../../..')
const VARIANTS: readonly (readonly [name: string, ...argv: string[]])[] = [
  ['typescript-judging'],
  ['typescript-rewriting', '--rewrites'],
  ['javascript-judging', '--javascript'],
  ['javascript-rewriting', '--javascript', '--rewrites'],
]

let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'create-filter-'))
  await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'))
  for (const [name, ...argv] of VARIANTS) {
    const { status, stderr } = await attempt(home, [name, '--name', `@you/filter-${name}`, '--yes', ...argv])
    expect(status, stderr).toBe(0)
    await symlink(join(ROOT, 'node_modules'), join(home, name, 'node_modules'))
  }
})

afterAll(() => rm(home, { recursive: true }))

/** Runs a command without the environment of the test run. Returns its exit status and all that it printed. */
async function run(directory: string, file: string, ...argv: string[]): Promise<readonly [unknown, string]> {
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|npm_)/.test(name))
  const env = { ...Object.fromEntries(own), CI: 'true', NO_COLOR: '1' }
  return await new Promise((resolve) => {
    execFile(file, argv, { cwd: join(home, directory), env }, (error, stdout, stderr) =>
      resolve([error?.code ?? 0, stdout + stderr]),
    )
  })
}

describe.each(VARIANTS.map(([name]) => name))('%s', (name) => {
  test('builds, and its types are right', async () => {
    expect(await run(name, 'node_modules/.bin/tsc')).toEqual([0, ''])
    if (name.startsWith('typescript')) {
      expect(await run(name, 'node_modules/.bin/tsc', '-p', 'tsconfig.test.json')).toEqual([0, ''])
    }
  })

  test('has the shape of a package', async () => {
    expect((await publint({ pkgDir: join(home, name), strict: true, pack: false })).messages).toEqual([])
  })

  test('does not compile when a type is wrong', async () => {
    const source = join(home, name, name.startsWith('typescript') ? 'src/index.ts' : 'src/index.js')
    const text = await readFile(source, 'utf8')
    await writeFile(source, text.replace('api: 1', 'api: 2'))
    const [status, output] = await run(name, 'node_modules/.bin/tsc')
    await writeFile(source, text)
    expect(status).not.toBe(0)
    expect(output).toContain("Type '2' is not assignable to type '1'")
  })
})

test('all pass their tests, the contract among them', async () => {
  const [status, output] = await run('.', 'node_modules/.bin/vitest', 'run', '--reporter=verbose')
  expect(status, output).toBe(0)
  expect(output).toMatch(/Test Files\s+4 passed/)
  for (const [name] of VARIANTS) {
    expect(output).toMatch(new RegExp(`${name}/test/index.test.[jt]s > contract: judges an empty message`))
  }
})

test('the release workflow runs all these', async () => {
  const [status, output] = await run('typescript-judging', 'npm', 'run', 'check')
  expect(status, output).toBe(0)
  expect(output).toMatch(/> tsc\n.*> tsc -p tsconfig.test.json\n.*Tests\s+\d{2} passed.*All good!/s)
})

describe.each(['typescript', 'javascript'])('the versions in the %s template', (language) => {
  interface Manifest {
    readonly version: string
    readonly dependencies: Readonly<Record<string, string>>
    readonly devDependencies: Readonly<Record<string, string>>
  }
  const manifest = async (path: string): Promise<Manifest> => JSON.parse(await readFile(join(ROOT, path), 'utf8'))

  test('are those that these tests tried', async () => {
    const { dependencies, devDependencies } = await manifest(
      `packages/create-filter/template/${language}/manifest.json`,
    )
    for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
      const { version } = await manifest(`node_modules/${name}/package.json`)
      const [major] = version.split('.')
      expect(range, name).toMatch(new RegExp(`^\\^${major}\\.\\d+\\.\\d+$`))
      expect(version.localeCompare(range.slice(1), undefined, { numeric: true }), name).toBeGreaterThanOrEqual(0)
    }
  })
})
