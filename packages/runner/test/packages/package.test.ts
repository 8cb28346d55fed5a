import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DropIn } from '../../src/config/drop-in.js'
import { parseDropIn } from '../../src/config/drop-in.js'
import { Ownership } from '../../src/config/ownership.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { createFilter } from '../../src/packages/creation.js'
import { findPackage } from '../../src/packages/found-package.js'
import { Hosts } from '../../src/packages/host.js'
import { locatePackage } from '../../src/packages/locate.js'
import { loadPackage } from '../../src/packages/package.js'
import { memoryLog, scratch } from '../support.js'
import { ACCEPTS, plantInSite, plantPackage } from './planted.js'

let state: string

beforeEach(() => {
  state = scratch()
})

function dropIn(filter: string): DropIn {
  const text = `# a comment\nfilter = ${JSON.stringify(filter)}\n`
  const read = parseDropIn({ path: join(state, '50-it.toml'), name: '50-it', text }, [])
  if (read === undefined) throw new Error('the test wrote no drop-in')
  return read
}

/** The result of loading and creating the filter: the action of its verdict, or the error with FILE in place of the drop-in. */
async function outcome(filter: string): Promise<string> {
  const problems: Problem[] = []
  const written = dropIn(filter)
  const found = await findPackage(written, state, new Ownership(), 'all', problems)
  const loaded = found && (await loadPackage(written, found, problems))
  const ready = loaded && (await createFilter(loaded, new Hosts({ log: memoryLog(), state }), problems))
  if (problems.length > 0) {
    expect(ready).toBeUndefined()
    return problems.map((problem) => printProblem({ ...problem, file: 'FILE' })).join('\n')
  }
  const verdict = await ready?.filter.judge({} as never, {} as never)
  return `${ready?.name}${ready?.rewrites ? ' rewrites' : ''} ${verdict?.action}`
}

describe('a package loads', () => {
  test.each<[string, Record<string, string>, object]>([
    ['as an ES module', { 'index.js': `export const filter = ${ACCEPTS}` }, {}],
    ['with top-level await', { 'index.js': `await null\nexport const filter = await ${ACCEPTS}` }, {}],
    ['as CommonJS whose exports Node.js can read', { 'index.js': `exports.filter = ${ACCEPTS}` }, { type: 'commonjs' }],
    [
      'as CommonJS whose exports only running it shows',
      { 'index.js': `const all = {}; all.filter = ${ACCEPTS}; module.exports = all` },
      { type: 'commonjs' },
    ],
    ['without a main', { 'index.js': `exports.filter = ${ACCEPTS}` }, { type: undefined, main: undefined }],
    ['from exports that are a path', { 'a.js': `export const filter = ${ACCEPTS}` }, { exports: './a.js' }],
    [
      'from exports for import alone',
      { 'a.js': `export const filter = ${ACCEPTS}` },
      { exports: { import: './a.js' } },
    ],
    [
      'from the first condition that holds',
      { 'a.js': `export const filter = ${ACCEPTS}`, 'b.js': 'throw new Error("the wrong one")' },
      { exports: { '.': { types: './b.d.ts', require: './b.js', node: { import: './a.js' }, default: './b.js' } } },
    ],
    [
      'from exports with alternatives',
      { 'a.js': `export const filter = ${ACCEPTS}` },
      { exports: { '.': ['not:a-path', './a.js'] } },
    ],
  ])('%s', async (_, files, manifest) => {
    plantInSite(state, '@them/planted', files, manifest)
    expect(await outcome('@them/planted')).toBe('50-it accept')
    const directory = plantPackage(join(scratch(), 'elsewhere'), files, manifest)
    expect(await outcome(directory)).toBe('50-it accept')
  })

  test('by the path of a file', async () => {
    const directory = plantPackage(scratch(), { 'dist/it.mjs': `export const filter = ${ACCEPTS}` })
    expect(await outcome(join(directory, 'dist', 'it.mjs'))).toBe('50-it accept')
    expect(locatePackage(join(directory, 'dist', 'it.mjs'), state)).toMatchObject({
      directory,
      version: '1.2.3',
      from: 'path',
    })
  })

  test('and its member `rewrites` is passed on', async () => {
    const filter = ACCEPTS.replace('rewrites: false', 'rewrites: true')
    plantInSite(state, 'rewriter', { 'index.js': `export const filter = ${filter}` })
    expect(await outcome('rewriter')).toBe('50-it rewrites accept')
  })
})

describe('code that others may write is not loaded', () => {
  const files = {
    'dist/index.js': `export * from './inner/it.js'`,
    'dist/inner/it.js': `export const filter = ${ACCEPTS}`,
  }
  const manifest = { main: 'dist/index.js' }
  const refused = async (filter: string, path: string): Promise<void> => {
    expect(await outcome(filter)).toBe('50-it accept')
    chmodSync(path, 0o666)
    expect(await outcome(filter)).toBe(
      `FILE:2:10: filter: refused: others than its owner may write ${path}: chmod go-w ${path}`,
    )
  }

  test('when it is what package.json names, or deep inside, or the file that a drop-in names', async () => {
    for (const [named, open] of [
      ['', 'dist/index.js'],
      ['', 'dist/inner/it.js'],
      ['dist/index.js', 'dist/inner/it.js'],
    ] as const) {
      const directory = plantPackage(join(scratch(), 'it'), files, manifest)
      await refused(join(directory, named).replace(/\/$/, ''), join(directory, open))
    }
  })

  test('when it is behind a link', async () => {
    const directory = plantPackage(join(scratch(), 'it'), files, manifest)
    const elsewhere = plantPackage(join(scratch(), 'library'), { 'index.js': '' })
    mkdirSync(join(directory, 'node_modules'))
    symlinkSync(elsewhere, join(directory, 'node_modules/library'))
    await refused(directory, join(elsewhere, 'index.js'))
  })

  test('when it is what a package of the site depends on', async () => {
    plantInSite(state, 'planted', { 'index.js': `export const filter = ${ACCEPTS}` })
    const library = plantInSite(state, 'library', { 'index.js': '' })
    await refused('planted', join(library, 'index.js'))
  })

  test('when it could be found above', async () => {
    const above = scratch()
    const directory = plantPackage(join(above, 'it'), files, manifest)
    mkdirSync(join(above, 'node_modules'))
    await refused(directory, join(above, 'node_modules'))
  })

  test('and with each message at least the module and its package are looked at', async () => {
    const directory = plantPackage(join(scratch(), 'it'), files, manifest)
    for (const name of ['package.json', 'dist/index.js']) {
      chmodSync(join(directory, name), 0o666)
      const problems: Problem[] = []
      expect(await findPackage(dropIn(directory), state, new Ownership(), 'module', problems)).toBeUndefined()
      expect(problems.map(printProblem)).toEqual([expect.stringContaining(`may write ${join(directory, name)}`)])
      chmodSync(join(directory, name), 0o644)
    }
  })
})

describe('a package is refused', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'when its filter is the default export',
      { 'index.js': `export default ${ACCEPTS}` },
      'has its filter as the default export: export it as `filter`',
    ],
    [
      'when it is no filter package',
      { 'index.js': 'export const parse = () => {}; export default () => {}' },
      'is not a filter package: it exports no `filter`',
    ],
    [
      'when its filter is something else',
      { 'index.js': 'export const filter = () => true' },
      'is not a filter package: make its `filter` with defineFilter of @candy/sdk',
    ],
    [
      'when its filter has no schema',
      { 'index.js': 'export const filter = { api: 1, create: () => {}, options: {} }' },
      'is not a filter package: make its `filter` with defineFilter of @candy/sdk',
    ],
    [
      'when it speaks a newer API',
      { 'index.js': `export const filter = ${ACCEPTS.replace('api: 1', 'api: 2')}` },
      'was written for version 2 of the filter API and this runner speaks 1: upgrade @candy/runner',
    ],
    [
      'when it speaks an older API',
      { 'index.js': `export const filter = ${ACCEPTS.replace('api: 1', 'api: 0')}` },
      'was written for version 0 of the filter API and this runner speaks 1: upgrade the package',
    ],
  ])('%s', async (_, files, what) => {
    const directory = plantInSite(state, 'planted', files)
    expect(await outcome('planted')).toBe(`FILE:2:10: filter: "planted" in ${directory} ${what}`)
  })

  test('when it throws while it loads', async () => {
    const directory = plantInSite(state, 'planted', { 'index.js': 'throw new Error("no libmagic\\nat all")' })
    expect(await outcome('planted')).toBe(
      `FILE:2:10: filter: "planted" cannot be loaded from ${directory}: no libmagic`,
    )
  })

  test('when it lacks a dependency, whose name is said', async () => {
    plantInSite(state, 'planted', { 'index.js': 'import "not-there"' })
    expect(await outcome('planted')).toContain("Cannot find package 'not-there'")
  })

  test('when its exports have no entry point', async () => {
    plantInSite(state, 'planted', {}, { exports: { './other': './a.js' } })
    expect(await outcome('planted')).toMatch(/^FILE:2:10: filter: "planted" cannot be loaded from .*exports/)
  })

  test('when its exports lead out of it', async () => {
    plantInSite(state, 'planted', {}, { exports: './../../../secret.js' })
    expect(await outcome('planted')).toMatch(/^FILE:2:10: filter: "planted" cannot be loaded from /)
  })

  test('when it cannot start', async () => {
    const filter = ACCEPTS.replace(/create:.*/, 'create: async () => { throw new Error("no such rule set") },')
    plantInSite(state, 'planted', { 'index.js': `export const filter = ${filter}` })
    expect(await outcome('planted')).toBe('FILE:2:10: filter: "planted" cannot start: no such rule set')
  })

  test.each(['undefined', '{}', '{ judge: true }'])('when it makes %s', async (made) => {
    const filter = ACCEPTS.replace(/create:.*/, `create: () => (${made}),`)
    plantInSite(state, 'planted', { 'index.js': `export const filter = ${filter}` })
    expect(await outcome('planted')).toBe('FILE:2:10: filter: create() of "planted" made nothing that judges')
  })

  test('when others may write it', async () => {
    const directory = plantInSite(state, 'planted', { 'index.js': `export const filter = ${ACCEPTS}` })
    chmodSync(directory, 0o777)
    expect(await outcome('planted')).toMatch(`FILE:2:10: filter: refused: others than its owner may write ${directory}`)
  })

  test('when it is not found, with the command to type', async () => {
    expect(await outcome('@them/missing')).toBe(
      'FILE:2:10: filter: "@them/missing" is not installed: candy add @them/missing, or candy remove 50-it',
    )
    expect(await outcome('/no/such/place')).toBe(
      `FILE:2:10: filter: "/no/such/place" is neither a package's directory nor a .js file`,
    )
  })
})

describe('a package is looked up', () => {
  test('in the site before the runner', () => {
    expect(locatePackage('valibot', state)).toMatchObject({ from: 'runner', version: expect.stringMatching(/^1\./) })
    const directory = plantInSite(state, 'valibot', {}, { version: '9.9.9' })
    expect(locatePackage('valibot', state)).toEqual({ directory, version: '9.9.9', from: 'site' })
  })

  test('by its directory, whatever its exports hide', () => {
    const directory = plantInSite(state, '@them/planted', {}, { exports: { import: './a.js' } })
    expect(locatePackage('@them/planted', state)).toEqual({ directory, version: '1.2.3', from: 'site' })
  })

  test('and found without a version when its package.json has none, or is broken', () => {
    const directory = plantInSite(state, 'planted', { 'package.json': '{ not JSON' })
    expect(locatePackage('planted', state)).toEqual({ directory, from: 'site' })
  })

  test('and not found where there is a directory without package.json', () => {
    mkdirSync(join(state, 'packages/current/node_modules', 'empty'), { recursive: true })
    expect(locatePackage('empty', state)).toBeUndefined()
  })
})
