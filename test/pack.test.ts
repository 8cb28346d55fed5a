/** What npm would publish of each package: what is meant to be there, and nothing else. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { runCommand } from './kit/command.js'
import { publishedDirectory } from './kit/published.js'

const ROOT = resolve(import.meta.dirname, '..')

/** Folders that are published as they are, in the packages that have them. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  'create-filter': ['bin', 'template'],
  'filter-clamav': ['filters.d'],
  'filter-spamassassin': ['filters.d'],
  handover: [],
  'handover-linux-arm64': ['bin'],
  'handover-linux-x64': ['bin'],
  'master-cf': ['bin', 'man'],
  milter: [],
  runner: ['bin', 'share', 'man', 'completions', 'dist/command'],
  sdk: [],
}

/** What is built of other things than one source file, and what builds it. */
const BUNDLES: Readonly<Record<string, readonly string[]>> = {
  handover: ['build', 'built-from', 'toolchain'],
  runner: ['dist/pipe.cjs'],
}

async function below(directory: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return files.map((path) => path.slice(directory.length + 1))
}

/** A source in C or in the text format of WebAssembly, or one that is all declarations, is published as it is; any other is built into three files. */
function built(source: string): string[] {
  const stem = source.replace(/^src\//, 'dist/').replace(/\.ts$/, '')
  return /\.(?:d\.ts|c|wat)$/.test(source) ? [] : ['.js', '.d.ts', '.d.ts.map'].map((ending) => `${stem}${ending}`)
}

async function meant(folder: string): Promise<string[]> {
  const directory = join(ROOT, 'packages', folder)
  const sources = existsSync(join(directory, 'src')) ? await below(directory, 'src') : []
  const whole = await Promise.all((WHOLE[folder] ?? []).map((name) => below(directory, name)))
  const rest = ['LICENSE', 'README.md', 'package.json', ...(BUNDLES[folder] ?? [])]
  return [...rest, ...sources, ...sources.flatMap(built), ...whole.flat()].toSorted()
}

test('every package is looked at', async () => {
  expect((await readdir(join(ROOT, 'packages'))).toSorted()).toEqual(Object.keys(WHOLE))
})

interface Packed {
  readonly files: readonly { readonly path: string }[]
}

let packed: readonly Packed[]

beforeAll(async () => {
  const homes = Object.keys(WHOLE).map((folder) => join(ROOT, 'packages', folder))
  const directories = await Promise.all(homes.map(publishedDirectory))
  const printed = await runCommand('npm', ['pack', ...directories, '--dry-run', '--json', '--ignore-scripts'])
  packed = JSON.parse(printed.toString()) as readonly Packed[]
})

test.each([...Object.keys(WHOLE).entries()])(
  'package %i, %s, publishes its files and no other',
  async (index, folder) => {
    const directory = join(ROOT, 'packages', folder)
    expect(packed[index]?.files.map(({ path }) => path).toSorted()).toEqual(await meant(folder))
    expect(await readFile(join(directory, 'LICENSE'), 'utf8')).toBe(await readFile(join(ROOT, 'LICENSE'), 'utf8'))
  },
)

test('a filter package ships one drop-in', async () => {
  const filters = Object.keys(WHOLE).filter((folder) => existsSync(join(ROOT, 'packages', folder, 'filters.d')))
  expect(filters).toEqual(['filter-clamav', 'filter-spamassassin'])
  for (const folder of filters) {
    expect(await below(join(ROOT, 'packages', folder), 'filters.d')).toEqual([
      expect.stringMatching(/^filters\.d\/\d\d-[a-z]+\.toml$/),
    ])
  }
})

test('the workflows run nothing that is not pinned, and the release says where it was built', async () => {
  const workflow = async (name: string): Promise<string> => readFile(join(ROOT, '.github/workflows', name), 'utf8')
  const release = await workflow('release.yml')
  for (const text of [release, await workflow('ci.yml')]) {
    const used = [...text.matchAll(/uses: *(\S+)/g)].map(([, action]) => action)
    expect(used).not.toEqual([])
    for (const action of used) expect(action).toMatch(/@[0-9a-f]{40}$/)
  }
  expect(release).toMatch(/^ {6}id-token: write$/m)
  expect(release).toMatch(/NPM_CONFIG_PROVENANCE: "true"/)
  expect(release).toMatch(/- run: npm run release$/m)
})
