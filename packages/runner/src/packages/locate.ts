/**
 * Finds the directory of a filter package, without running any of its code.
 *
 * `filter = "NAME"` is looked up as an absolute path, then in the site's prefix (`<state>/packages/current`, where `candy add`
 * installs), then from where the runner itself is installed, the way Node.js looks: `node_modules` in each directory
 * upwards, and last where packages of the distribution put filters. A directory of the name with a `package.json` is the package,
 * whatever its `exports` hide.
 */
import { realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, isAbsolute, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readRegular } from '../config/file.js'

/** The members of `package.json` that are read here. */
interface Manifest {
  readonly name?: unknown
  readonly version?: unknown
  readonly exports?: unknown
}

/**
 * Where a package was found. `path`: at the absolute path that was written; `site`: in the prefix of `candy add`; `runner`: beside the
 * runner; `system`: where packages of the distribution put filters.
 */
export type Origin = 'path' | 'site' | 'runner' | 'system'

export interface PackageLocation {
  /** The directory with the package's package.json. */
  readonly directory: string
  /** Absent when package.json has none. */
  readonly version?: string
  readonly from: Origin
  /** The module, when an absolute path names a file and not a directory. */
  readonly file?: string
}

/** The symbolic link in the prefix to the tree of packages that is in use. */
export const CURRENT = 'current'

/** Where dpkg(1) and its like put filter packages, each with what it depends on in a `node_modules` of its own (docs/packages.md). */
const SYSTEM_PACKAGES = '/usr/share/candy/packages'

/** Finds a package; undefined when it is not installed. `state` is the state directory. */
export function locatePackage(
  name: string,
  state: string,
  systemPackages: string = SYSTEM_PACKAGES,
): PackageLocation | undefined {
  if (isAbsolute(name)) return locatePath(name)
  const site = location(join(state, 'packages', CURRENT, 'node_modules', name), 'site')
  // The real path, so that a later change of the link `current` does not change where this package's code is loaded from.
  if (site !== undefined) return { ...site, directory: realpathSync(site.directory) }
  for (const directory of upwards(dirname(fileURLToPath(import.meta.url)))) {
    const found = location(join(directory, 'node_modules', name), 'runner')
    if (found !== undefined) return found
  }
  return location(join(systemPackages, name), 'system')
}

/** The URL of the module that `import` of the package would load. Throws when its `package.json` names none. */
export async function entryPoint(place: PackageLocation, name: string): Promise<string> {
  if (place.file !== undefined) return pathToFileURL(place.file).href
  const { exports } = manifest(place.directory) ?? {}
  if (exports === undefined || exports === null) {
    return pathToFileURL(createRequire(join(place.directory, 'package.json')).resolve(place.directory)).href
  }
  const target = plainTarget(exports)
  if (target !== undefined) return pathToFileURL(join(place.directory, target)).href
  // Importing the resolver takes 40 ms for every message in pipe mode, so plain `exports` are resolved above without it.
  const { resolve } = await import('import-meta-resolve')
  const itself = place.from === 'path' ? String(manifest(place.directory)?.name) : name
  return resolve(itself, pathToFileURL(join(place.directory, 'package.json')).href)
}

function locatePath(path: string): PackageLocation | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (stats.isDirectory()) return location(path, 'path')
  if (!['.js', '.mjs', '.cjs'].includes(extname(path))) return undefined
  for (const directory of upwards(dirname(path))) {
    const found = location(directory, 'path')
    if (found !== undefined) return { ...found, file: path }
  }
  return { directory: dirname(path), from: 'path', file: path }
}

/** The package in a directory; undefined when the directory has no package.json. */
function location(directory: string, from: Origin): PackageLocation | undefined {
  const found = manifest(directory)
  if (found === undefined) return undefined
  return typeof found.version === 'string' ? { directory, version: found.version, from } : { directory, from }
}

function manifest(directory: string): Manifest | undefined {
  let text: string
  try {
    text = readRegular(join(directory, 'package.json')).toString()
  } catch {
    return undefined
  }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function upwards(directory: string): string[] {
  const parts = directory.split(sep)
  return parts.map((_, at) => parts.slice(0, parts.length - at).join(sep) || sep)
}

/** The target of `exports` when it is a path, or conditions that lead to one (Node.js, "Packages", conditional exports). */
function plainTarget(exports: unknown): string | undefined {
  if (typeof exports === 'string')
    return /^\.\/(?!.*(^|\/)(\.\.|node_modules)(\/|$))/.test(exports) ? exports : undefined
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return undefined
  const conditions = new Map(Object.entries(exports))
  if (conditions.has('.')) return plainTarget(conditions.get('.'))
  const met = [...conditions.keys()].find((key) => ['node', 'import', 'default'].includes(key))
  return met === undefined ? undefined : plainTarget(conditions.get(met))
}
