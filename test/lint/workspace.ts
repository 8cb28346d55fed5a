/** Every import in the workspace, held against the walls. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { join } from 'node:path/posix'
import { type Manifest, type Manifests, problemOf, roomOf } from './check.js'
import { importsOf } from './imports.js'
import { ROOMS } from './walls.js'

/** Folders without sources of ours. */
const SKIPPED = ['node_modules', 'dist', 'coverage']

const MODULE = /\.[cm]?[jt]s$/

/** A package of a template names its dependencies in a file of another name, lest npm take it for a workspace. */
const MANIFEST = /^(?:package|manifest)\.json$/

/** A line for each problem, `FILE:LINE:COLUMN: what`, in order of the files. */
export async function findProblems(root: string): Promise<readonly string[]> {
  const files = (await filesBelow(root, '.')).toSorted()
  const manifests = await readManifests(root)
  const modules = files.filter((path) => MODULE.test(path))
  const problems: string[] = []
  for (const path of modules) problems.push(...problemsIn(path, await readFile(join(root, path), 'utf8'), manifests))
  const empty = ROOMS.filter(({ folder }) => !modules.some((path) => roomOf(path)?.folder === folder))
  return [...problems, ...empty.map(({ folder }) => `test/lint/walls.ts:1:1: there is no module in ${folder}`)]
}

/** The problems in the text of one module. */
export function problemsIn(path: string, text: string, manifests: Manifests): readonly string[] {
  return importsOf(path, text).flatMap(({ specifier, line, column }) => {
    const problem = problemOf(path, specifier, manifests)
    return problem === undefined ? [] : [`${path}:${line}:${column}: ${problem}`]
  })
}

/** Paths from the root. */
async function filesBelow(root: string, directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, directory), { withFileTypes: true })
  const kept = entries.filter(({ name }) => !name.startsWith('.') && !SKIPPED.includes(name))
  const found = await Promise.all(
    kept.map(async (entry) => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return filesBelow(root, path)
      return entry.isFile() ? [path] : []
    }),
  )
  return found.flat()
}

export async function readManifests(root: string): Promise<Manifests> {
  const paths = (await filesBelow(root, '.')).filter((path) => MANIFEST.test(basename(path)))
  return new Map(
    await Promise.all(
      paths.map(async (path): Promise<[string, Manifest]> => {
        const content = JSON.parse(await readFile(join(root, path), 'utf8')) as Partial<
          Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
        >
        const { dependencies = {}, devDependencies = {} } = content
        const names = { dependencies: Object.keys(dependencies), devDependencies: Object.keys(devDependencies) }
        return [dirname(path), { path, ...names }]
      }),
    ),
  )
}
