/**
 * What npm has installed, before anybody may load it: packages are other people's files. A tarball may hold set-uid programs, files that
 * everybody may write, devices, and links to anywhere; what is kept is files and directories of root's that all may read.
 */
import {
  chmodSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, sep } from 'node:path'

/** What keeps packages from being installed: said by npm, tar, the file system, or by what was found in them. */
export class PrefixError extends Error {
  readonly code = 'PREFIX'
}

/** chmod(2): read for all, write for root, run where somebody could; no set-uid, set-gid or sticky bit. */
const MODES = { directory: 0o755, file: 0o644, program: 0o755 } as const

/** Makes all of a tree root's, with plain modes. Throws PrefixError for what is no file, directory or link inside the tree. */
export function normalise(root: string): void {
  const inside = realpathSync(root) + sep
  for (const name of readdirSync(root)) normaliseEntry(join(root, name), inside)
}

function normaliseEntry(path: string, inside: string): void {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) {
    if (!leadsInside(path, inside))
      throw new PrefixError(`refused: ${path} is a link that leads out of what is installed`)
    lchownSync(path, 0, 0)
  } else if (stats.isDirectory()) {
    for (const name of readdirSync(path)) normaliseEntry(join(path, name), inside)
    lchownSync(path, 0, 0)
    chmodSync(path, MODES.directory)
  } else if (stats.isFile() && stats.nlink === 1) {
    lchownSync(path, 0, 0)
    chmodSync(path, (stats.mode & 0o111) === 0 ? MODES.file : MODES.program)
  } else {
    throw new PrefixError(
      `refused: ${path} is ${stats.isFile() ? 'a file of several names' : 'neither a file nor a directory'}`,
    )
  }
}

/** A link that leads nowhere may lead anywhere later. */
function leadsInside(path: string, inside: string): boolean {
  try {
    return realpathSync(path).startsWith(inside)
  } catch {
    return false
  }
}

/** Files in which npm says what it has installed. */
const RECORDS = ['package.json', 'package-lock.json', 'node_modules/.package-lock.json']

interface Recorded {
  dependencies?: Record<string, unknown>
  packages?: Record<string, Recorded>
}

/**
 * Removes a package from a tree, and from what npm knows of it: where version and path are the same, npm takes what is there
 * for what is asked for, whatever the path holds now.
 */
export function forget(root: string, name: string): void {
  rmSync(join(root, 'node_modules', name), { recursive: true, force: true })
  for (const record of RECORDS) {
    const path = join(root, record)
    let known: Recorded
    try {
      known = JSON.parse(readFileSync(path, 'utf8')) as Recorded
    } catch {
      continue
    }
    delete known.dependencies?.[name]
    delete known.packages?.['']?.dependencies?.[name]
    delete known.packages?.[`node_modules/${name}`]
    writeFileSync(path, `${JSON.stringify(known, undefined, 2)}\n`)
  }
}
