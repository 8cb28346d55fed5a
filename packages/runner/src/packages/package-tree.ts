/**
 * Makes a tree of packages safe after npm has installed it, and before any process may load it. A tarball of another author may contain
 * set-uid programs, files that everybody may write, devices, and links to anywhere. Afterwards the tree has only files and directories
 * that belong to root and that everybody may read.
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

/** Packages cannot be installed. The message is that of npm or tar, or says what was refused. */
export class PrefixError extends Error {
  readonly code = 'PREFIX'
}

/** The modes of all files (chmod(2)): everybody may read, only root may write, and a file that was executable stays so. */
const MODES = { directory: 0o755, file: 0o644, program: 0o755 } as const

/** Gives everything in a tree to root, with plain modes. Throws PrefixError for anything but files, directories and links inside the tree. */
export function secureTree(root: string): void {
  const inside = realpathSync(root) + sep
  for (const name of readdirSync(root)) secureEntry(join(root, name), inside)
}

function secureEntry(path: string, inside: string): void {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) {
    if (!leadsInside(path, inside))
      throw new PrefixError(`refused: ${path} is a link that leads out of what is installed`)
    lchownSync(path, 0, 0)
  } else if (stats.isDirectory()) {
    for (const name of readdirSync(path)) secureEntry(join(path, name), inside)
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

/** Whether a link leads to something in the tree. A link to nothing does not: what is put there later may be anything. */
function leadsInside(path: string, inside: string): boolean {
  try {
    return realpathSync(path).startsWith(inside)
  } catch {
    return false
  }
}

/** The files in which npm records what it has installed. */
const RECORDS = ['package.json', 'package-lock.json', 'node_modules/.package-lock.json']

interface Recorded {
  dependencies?: Record<string, unknown>
  packages?: Record<string, Recorded>
}

/**
 * Removes a package from a tree, and from npm's records. Otherwise npm would not install a local package again whose version and path
 * are the same as before, even though the content at that path has changed.
 */
export function removePackage(root: string, name: string): void {
  rmSync(join(root, 'node_modules', name), { recursive: true, force: true })
  for (const record of RECORDS) {
    const path = join(root, record)
    let content: Recorded
    try {
      content = JSON.parse(readFileSync(path, 'utf8')) as Recorded
    } catch {
      continue
    }
    delete content.dependencies?.[name]
    delete content.packages?.['']?.dependencies?.[name]
    delete content.packages?.[`node_modules/${name}`]
    writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`)
  }
}
