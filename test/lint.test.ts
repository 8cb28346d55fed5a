/** The walls between packages and floors, and the rules of Biome that matter most. Planted violations prove that they stand. */
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryCommand } from './kit/command.js'
import { makeScratch, type Scratch } from './kit/scratch.js'
import type { Manifests } from './lint/check.js'
import { allowedIn, forbiddenIn, moduleIn, moduleOf } from './lint/planted.js'
import { caught, copySkeleton, workspace } from './lint/skeleton.js'
import { type Violation, violations } from './lint/violations.js'
import { LOADERS, ROOMS } from './lint/walls.js'
import { findProblems, problemsIn, readManifests } from './lint/workspace.js'

describe('the walls', () => {
  let manifests: Manifests
  beforeAll(async () => {
    manifests = await readManifests(workspace)
  })

  /** The lines of a module whose import is not found to be a fault at the place where it stands. */
  function missedIn(path: string, text: string): readonly string[] {
    const places = new Set(problemsIn(path, text, manifests).map((fault) => fault.slice(0, fault.indexOf(': '))))
    const lines = text.split('\n').slice(0, -1)
    return lines.filter((line, at) => !places.has(`${path}:${at + 1}:${line.search(/['`]/) + 1}`))
  }

  it('are kept by every module of the workspace', async () => {
    expect(await findProblems(workspace)).toEqual([])
  })

  it.each(ROOMS)('stop what $folder must not import, in every form', (room) => {
    expect(missedIn(moduleIn(room), moduleOf(forbiddenIn(room)))).toEqual([])
  })

  it.each(ROOMS)('let $folder import what it may', (room) => {
    expect(problemsIn(moduleIn(room), moduleOf(allowedIn(room)), manifests)).toEqual([])
  })

  it.each(ROOMS.filter(({ published }) => published))('stop imports into $folder that are computed', (room) => {
    const text = "export const x = (name: string): Promise<unknown> => import('../' + name)\n"
    expect(missedIn(moduleIn(room), text)).toEqual([])
  })

  it.each(LOADERS)('let %s load what nobody knows before', (path) => {
    const text = "import { createRequire } from 'node:module'\nexport const x = (name: string) => import(name)\n"
    expect(problemsIn(path, text, manifests)).toEqual([])
  })

  it.each([
    'packages/runner/src/planted.ts',
    'packages/runner/src/planted/planted.ts',
    'packages/planted/src/planted.ts',
    'planted.ts',
  ])('are wanted around %s', (path) => {
    expect(problemsIn(path, "import 'node:fs'\n", manifests)).toEqual([expect.stringContaining('test/lint/walls.ts')])
  })
})

describe('npm run lint', () => {
  it('names the file, line and column of each import that breaks a wall, and every room without a module', async () => {
    await using scratch = await makeScratch('walls')
    await cp(join(workspace, 'package.json'), join(scratch.path, 'package.json'))
    const rooms = ROOMS.slice(1)
    for (const room of rooms) {
      const path = join(scratch.path, moduleIn(room))
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, `import 'node:fs'\n  import '/planted'\n`)
    }
    const run = join(workspace, 'test/lint/run.js')
    const { status, stderr } = await tryCommand('node', [run, scratch.path])
    const lines = stderr.toString().trim().split('\n')
    const expected = rooms.map((room) => `${moduleIn(room)}:2:10: must import`)
    expect(
      lines
        .slice(0, -1)
        .map((line) => line.split(' by a ')[0])
        .toSorted(),
    ).toEqual(expected.toSorted())
    expect(lines.at(-1)).toContain(ROOMS[0]?.folder)
    expect(status).toBe(1)
  })
})

describe('Biome', () => {
  let scratch: Scratch
  let found: ReadonlySet<Violation>

  beforeAll(async () => {
    scratch = await makeScratch('lint')
    await copySkeleton(scratch.path)
    found = await caught(scratch.path, violations)
  })
  afterAll(() => scratch.remove())

  it.each(violations)('finds $name', (violation) => {
    expect(found.has(violation)).toBe(true)
  })
})
