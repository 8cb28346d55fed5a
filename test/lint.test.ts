/** The walls between packages and floors are lint rules. Planted violations prove that they stand. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeScratch, type Scratch } from './ground/scratch.js'
import { caught, copySkeleton, workspace } from './lint/skeleton.js'
import { importing, type Violation, violations } from './lint/violations.js'
import { walls } from './lint/walls.js'

interface Configuration {
  readonly overrides: readonly {
    readonly includes: readonly string[]
    readonly linter: { readonly rules: { readonly style?: { readonly noRestrictedImports?: unknown } } }
  }[]
}

const forbidden = Object.entries(walls).flatMap(([folder, { never }]) => importing(folder, never))
const allowed = Object.entries(walls).flatMap(([folder, { may }]) => importing(folder, may))
const deep = importing('packages/runner/src/chain/deep', ['../../front/x.js'])

let scratch: Scratch
let found: ReadonlySet<Violation>

beforeAll(async () => {
  scratch = await makeScratch('lint')
  await copySkeleton(scratch.path)
  found = await caught(scratch.path, [...forbidden, ...allowed, ...deep, ...violations])
})

afterAll(() => scratch.remove())

describe('the walls', () => {
  it('are tried wherever biome.json puts one', async () => {
    const { overrides } = JSON.parse(await readFile(join(workspace, 'biome.json'), 'utf8')) as Configuration
    const walled = overrides.filter(({ linter }) => linter.rules.style?.noRestrictedImports !== undefined)
    const folders = walled.map(({ includes }) => includes[0]?.replace('/**', ''))
    expect(new Set(folders)).toEqual(new Set(Object.keys(walls)))
  })

  it.each(Object.keys(walls))('stop imports into %s', (folder) => {
    const missed = forbidden.filter((one) => one.folder === folder && !found.has(one))
    expect(missed.map(({ name }) => name)).toEqual([])
  })

  it.each(Object.keys(walls))('let %s import what stands below it', (folder) => {
    const stopped = allowed.filter((one) => one.folder === folder && found.has(one))
    expect(stopped.map(({ name }) => name)).toEqual([])
  })

  it('stop imports into folders below a floor', () => {
    expect(deep.filter((one) => !found.has(one))).toEqual([])
  })
})

describe('Biome', () => {
  it.each(violations)('finds $name', (violation) => {
    expect(found.has(violation)).toBe(true)
  })
})
