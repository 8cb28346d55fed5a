/** The walls between packages and floors are lint rules. Planted violations prove that they stand. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeScratch, type Scratch } from './ground/scratch.js'
import { caught, copySkeleton, workspace } from './lint/skeleton.js'
import { importing, type Violation, violations } from './lint/violations.js'
import { allowedIn, biomeWalls, forbiddenIn, PACKAGES, ROOMS } from './lint/walls.js'

interface Configuration {
  readonly extends: readonly string[]
  readonly overrides: readonly {
    readonly linter: { readonly rules?: { readonly style?: { readonly noRestrictedImports?: unknown } } }
  }[]
}

const forbidden = ROOMS.flatMap((room) => importing(room.folder, forbiddenIn(room)))
const allowed = ROOMS.flatMap((room) => importing(room.folder, allowedIn(room)))
const deep = ROOMS.flatMap((room) => importing(`${room.folder}/deep`, forbiddenIn(room).filter(isNoNeighbour)))

/** `../x.js` is something else in a folder below. */
function isNoNeighbour(name: string): boolean {
  return !/^\.\.\/[^/]+$/.test(name)
}

let scratch: Scratch
let found: ReadonlySet<Violation>

beforeAll(async () => {
  scratch = await makeScratch('lint')
  await copySkeleton(scratch.path)
  found = await caught(scratch.path, [...forbidden, ...allowed, ...deep, ...violations])
})

afterAll(() => scratch.remove())

describe('the walls', () => {
  it('are those of the table, which "npx vitest run --project end-to-end lint -u" writes for Biome', async () => {
    await expect(`${JSON.stringify(biomeWalls(), undefined, 2)}\n`).toMatchFileSnapshot(
      join(workspace, 'biome.walls.json'),
    )
    const { extends: also, overrides } = JSON.parse(
      await readFile(join(workspace, 'biome.json'), 'utf8'),
    ) as Configuration
    expect(also).toEqual(['./biome.walls.json'])
    // An override replaces the rule of one before it.
    expect(overrides.filter(({ linter }) => linter.rules?.style?.noRestrictedImports !== undefined)).toEqual([])
  })

  it('stand around every folder with sources, and know every package', async () => {
    const packages = await readdir(join(workspace, 'packages'))
    const names = await Promise.all(packages.map((name) => readName(join(workspace, 'packages', name))))
    expect(names.toSorted()).toEqual(PACKAGES)
    const floors = await readdir(join(workspace, 'packages/runner/src'))
    const sources = [
      ...packages.filter((name) => name !== 'runner').map((name) => `packages/${name}/src`),
      ...floors.map((name) => `packages/runner/src/${name}`),
    ]
    expect(ROOMS.map(({ folder }) => folder)).toEqual(expect.arrayContaining(sources))
  })

  it.each(ROOMS)('stop imports into $folder', ({ folder }) => {
    const missed = [...forbidden, ...deep].filter((one) => one.folder.startsWith(folder) && !found.has(one))
    expect(missed.map((one) => `${one.folder}: ${one.name}`)).toEqual([])
  })

  it.each(ROOMS)('let $folder import what stands below it', ({ folder }) => {
    const stopped = allowed.filter((one) => one.folder === folder && found.has(one))
    expect(stopped.map(({ name }) => name)).toEqual([])
  })
})

async function readName(directory: string): Promise<string> {
  return (JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as { readonly name: string }).name
}

describe('Biome', () => {
  it.each(violations)('finds $name', (violation) => {
    expect(found.has(violation)).toBe(true)
  })
})
