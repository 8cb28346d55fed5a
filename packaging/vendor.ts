/**
 * What a package needs to run, as files below `node_modules`: packages of ours as npm would publish them, and others as they are
 * installed in this checkout, by package-lock.json. Only what Node.js reads is taken, and what the copyright file quotes.
 */
import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Manifest, type Published, readManifest } from './published.js'

export interface Vendored {
  readonly manifest: Manifest
  readonly directory: string
  /** Where it lies below `node_modules`, as npm has laid it: by its name, or below the one package that needs this version. */
  readonly place: string
}

/** All dependencies of a package, and theirs, in the order of their places. `root` is the checkout. */
export async function dependenciesOf(
  manifest: Manifest,
  published: readonly Published[],
  root: string,
): Promise<readonly Vendored[]> {
  const modules = join(root, 'node_modules')
  const found = new Map<string, Vendored>()
  const add = async (names: readonly string[], from: string): Promise<void> => {
    for (const name of names) {
      const ours = published.find((one) => one.manifest.name === name)
      const directory = ours?.directory ?? installed(name, from)
      const place = ours === undefined ? relative(modules, directory) : name
      if (place.startsWith('..')) throw new Error(`${directory} is not below ${modules}`)
      if (found.has(place)) continue
      const vendored = { manifest: await readManifest(directory), directory, place }
      found.set(place, vendored)
      await add(Object.keys(vendored.manifest.dependencies ?? {}), ours === undefined ? directory : root)
    }
  }
  await add(Object.keys(manifest.dependencies ?? {}), root)
  return [...found.values()].toSorted((a, b) => (a.place < b.place ? -1 : 1))
}

/** Finds an installed package as Node.js would from a directory. Throws where it is not installed. */
function installed(name: string, from: string): string {
  const directory = join(from, 'node_modules', name)
  if (existsSync(directory)) return directory
  if (dirname(from) === from) throw new Error(`${name} is not installed: npm ci`)
  return installed(name, dirname(from))
}

/** Whether a file of a package is needed where the package runs. `path` is relative to the package. */
export function isNeeded(path: string): boolean {
  const unused =
    /^(?:node_modules|src|test|man|completions|docs|\.github)\/|\.(?:[cm]?ts|map|tsbuildinfo|md|markdown)$|^\.|\/\.|^licen[cs]e(?:\.\w+)?$/i
  return !unused.test(path)
}
