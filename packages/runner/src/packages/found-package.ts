/** From what a drop-in names to the package that may be used: found, looked at, and not loaded. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DropIn } from '../config/drop-in.js'
import { nearest } from '../config/nearest.js'
import type { Ownership } from '../config/ownership.js'
import { type Problem, reason } from '../config/problem.js'
import { entryPoint, locatePackage, type PackageLocation } from './locate.js'

/** A package that was found, and the module that makes its filter. */
export interface FoundPackage extends PackageLocation {
  /** URL of the module. */
  readonly module: string
}

/**
 * How much of a package's files is looked at for who may write them: `all` that could be loaded, or only its module,
 * package.json and the directories on the way, which is what a process for each message has time for.
 */
export type Scrutiny = 'all' | 'module'

/** The filters of this project: names that others come near to only by mistake, or on purpose. */
const OWN_FILTERS: readonly string[] = ['@candy/filter-clamav', '@candy/filter-spamassassin']

/** Edits by which a name may differ from one of ours and still be taken for a slip. */
const SLIPS = 2

/** Finds what a drop-in names. What is wrong goes to `problems`, and then there is nothing. */
export async function findPackage(
  dropIn: DropIn,
  state: string,
  ownership: Ownership,
  scrutiny: Scrutiny,
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
    if (place === undefined) return wrong(notFound(name), meant(name))
    const module = await entryPoint(place, name)
    const complaint = untrusted(name, place, module, ownership, scrutiny)
    return complaint === undefined ? { ...place, module } : wrong(`refused: ${complaint}`)
  } catch (error) {
    return wrong(cannotLoad(name, place?.directory, error))
  }
}

/** Where a drop-in's `filter` stands, for complaints about the package it names. */
export function filterKey(dropIn: DropIn): Pick<Problem, 'file' | 'key'> {
  return { file: dropIn.document.file, ...dropIn.document.position(['filter']), key: 'filter' }
}

export function cannotLoad(name: string, directory: string | undefined, error: unknown): string {
  return `${JSON.stringify(name)} cannot be loaded from ${directory ?? name}: ${reason(error)}`
}

/** The filter of this project that a name which is none of them was probably meant to be. */
export function meant(name: string): string | undefined {
  if (OWN_FILTERS.includes(name)) return undefined
  const bare = name.replace(/^@[^/]*\//, '')
  return (
    nearest(name, OWN_FILTERS, SLIPS) ??
    OWN_FILTERS.find((own) => own.endsWith(`/${bare}`) || own.endsWith(`/filter-${name}`))
  )
}

/** A name that is near to one of ours is not offered for installation: whoever owns it may be waiting for that. */
function notFound(name: string): string {
  const shown = JSON.stringify(name)
  if (name.startsWith('/')) return `${shown} is neither a package's directory nor a .js file`
  return meant(name) === undefined ? `${shown} is not installed: candy add ${name}` : `${shown} is not installed`
}

/** Beside the runner lies what may change the runner too, so only what the site added is looked at. */
function untrusted(
  name: string,
  place: PackageLocation,
  module: string,
  ownership: Ownership,
  scrutiny: Scrutiny,
): string | undefined {
  if (place.from === 'runner') return undefined
  const manifest = join(place.directory, 'package.json')
  const paths = [place.directory, fileURLToPath(module), ...(existsSync(manifest) ? [manifest] : [])]
  for (const path of [...paths, ...modulesAbove(place.directory)]) {
    const complaint = ownership.complaint(path)
    if (complaint !== undefined) return complaint
  }
  if (scrutiny === 'module') return undefined
  // What a package in the site's prefix depends on lies beside it; a file without a package has nothing but itself.
  const prefix = place.directory.slice(0, -name.length - 1)
  const whole = place.from === 'site' ? prefix : existsSync(manifest) ? place.directory : undefined
  return whole === undefined ? undefined : ownership.complaintBelow(whole)
}

/** Each `node_modules` in which Node.js looks for what a package imports, the nearest first. */
function modulesAbove(directory: string): readonly string[] {
  const parent = dirname(directory)
  const above = parent === directory ? [] : modulesAbove(parent)
  const modules = join(directory, 'node_modules')
  return existsSync(modules) ? [modules, ...above] : above
}
