/** Finds the package that a drop-in names, and checks who may write its files. It does not load the package. */
import { existsSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DropIn } from '../config/drop-in.js'
import { nearest } from '../config/nearest.js'
import type { Ownership } from '../config/ownership.js'
import { type Problem, reason } from '../config/problem.js'
import { entryPoint, locatePackage, type PackageLocation } from './locate.js'

/** A package that was found, with the module that exports its filter. */
export interface FoundPackage extends PackageLocation {
  /** URL of the module. */
  readonly module: string
}

/**
 * Which files of a package are checked for who may write them. `all`: every file that its code could load. `module`: only its module,
 * its package.json and the directories on the way; pipe mode, which starts a process for each message, has no time for more.
 */
export type OwnershipCheck = 'all' | 'module'

/** The filters of this project. A name that is similar to one of these is a mistake, or meant to be mistaken for it. */
const OWN_FILTERS: readonly string[] = ['@candy/filter-clamav', '@candy/filter-spamassassin']

/** The largest number of edits by which a misspelt name differs from one of ours. */
const MAX_EDITS = 2

/** Finds the package that a drop-in names. When it is missing or may not be used, adds a problem and returns undefined. */
export async function findPackage(
  dropIn: DropIn,
  state: string,
  ownership: Ownership,
  ownershipCheck: OwnershipCheck,
  problems: Problem[],
): Promise<FoundPackage | undefined> {
  const name = dropIn.filter
  if (name === undefined) return undefined
  const wrong = (what: string, hint?: string): undefined => {
    problems.push({ ...filterKey(dropIn), what, ...(hint !== undefined && { hint }) })
    return undefined
  }
  let place: PackageLocation | undefined
  try {
    place = locatePackage(name, state)
    if (place === undefined) return wrong(notFound(name, dropIn.document.file), ownFilterLike(name))
    const module = await entryPoint(place, name)
    const complaint = ownershipComplaint(name, place, module, ownership, ownershipCheck)
    return complaint === undefined ? { ...place, module } : wrong(`refused: ${complaint}`)
  } catch (error) {
    return wrong(cannotLoad(name, place?.directory, error))
  }
}

/** The position of the key `filter` of a drop-in, for problems with the package that it names. */
export function filterKey(dropIn: DropIn): Pick<Problem, 'file' | 'key'> {
  return { file: dropIn.document.file, ...dropIn.document.position(['filter']), key: 'filter' }
}

export function cannotLoad(name: string, directory: string | undefined, error: unknown): string {
  return `${JSON.stringify(name)} cannot be loaded from ${directory ?? name}: ${reason(error)}`
}

/** The filter of this project that an operator probably meant by a similar name; undefined when the name is right or not similar. */
export function ownFilterLike(name: string): string | undefined {
  if (OWN_FILTERS.includes(name)) return undefined
  const bare = name.replace(/^@[^/]*\//, '')
  return (
    nearest(name, OWN_FILTERS, MAX_EDITS) ??
    OWN_FILTERS.find((own) => own.endsWith(`/${bare}`) || own.endsWith(`/filter-${name}`))
  )
}

/**
 * Suggests to install the package, unless its name is similar to one of ours: a stranger may own that name for such mistakes. A file that
 * is left of a package that apt(8) has removed is to be removed, too.
 */
function notFound(name: string, file: string): string {
  const shown = JSON.stringify(name)
  if (name.startsWith('/')) return `${shown} is neither a package's directory nor a .js file`
  if (ownFilterLike(name) !== undefined) return `${shown} is not installed`
  const { name: stem, ext } = parse(file)
  return `${shown} is not installed: candy add ${name}${ext === '.toml' ? `, or candy remove ${stem}` : ''}`
}

/** Says why a package cannot be trusted. One beside the runner is not checked: whoever can write it can write the runner too. */
function ownershipComplaint(
  name: string,
  place: PackageLocation,
  module: string,
  ownership: Ownership,
  ownershipCheck: OwnershipCheck,
): string | undefined {
  if (place.from === 'runner') return undefined
  const manifest = join(place.directory, 'package.json')
  const paths = [place.directory, fileURLToPath(module), ...(existsSync(manifest) ? [manifest] : [])]
  for (const path of [...paths, ...modulesAbove(place.directory)]) {
    const complaint = ownership.complaint(path)
    if (complaint !== undefined) return complaint
  }
  if (ownershipCheck === 'module') return undefined
  // The dependencies of a package in the prefix are beside it, so the whole prefix is checked. A file without a package.json is alone.
  const prefix = place.directory.slice(0, -name.length - 1)
  const whole = place.from === 'site' ? prefix : existsSync(manifest) ? place.directory : undefined
  return whole === undefined ? undefined : ownership.complaintBelow(whole)
}

/** The directories `node_modules` in which Node.js looks for the imports of a package, the nearest first. */
function modulesAbove(directory: string): readonly string[] {
  const parent = dirname(directory)
  const above = parent === directory ? [] : modulesAbove(parent)
  const modules = join(directory, 'node_modules')
  return existsSync(modules) ? [modules, ...above] : above
}
