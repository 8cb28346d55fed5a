/**
 * The prefix, `<state>/packages`, in which npm installs filter packages for this instance. It belongs to root, and the account candy
 * may not write it. npm runs no code of a package (`--ignore-scripts`), and copies local packages instead of linking to them
 * (`--install-links`).
 *
 * Every change makes a new directory, `1`, `2`, …, with all packages, and then points the link `current` at it. So workers that run
 * can still load the rest of their old code, and no process ever finds half of an installation.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { readRegular } from '../config/file.js'
import { Ownership } from '../config/ownership.js'
import { unlinkIfThere } from '../os/unlink.js'
import { CURRENT } from './locate.js'
import { PrefixError, removePackage, secureTree } from './package-tree.js'

/** A package that is to be installed. */
export interface Requested {
  /** The argument for npm: a name, perhaps with a version, or an absolute path. */
  readonly spec: string
  /** The package's own name. */
  readonly name: string
  /** Whether it is installed from a file or a directory on this host. */
  readonly local: boolean
}

const QUIET = ['--ignore-scripts', '--install-links', '--no-audit', '--no-fund', '--loglevel=error']

/** Reads `@candy/filter-clamav`, `name@version`, a package's directory or a tarball made by `npm pack`. Throws PrefixError. */
export async function readRequest(text: string): Promise<Requested> {
  const name = /^((?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*)(?:@[^/]*)?$/.exec(text)?.[1]
  if (name !== undefined && !/\.t(ar\.)?gz$/.test(text)) return { spec: text, name, local: false }
  const path = resolve(text)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new PrefixError(`${text}: no package's name, and no such file or directory`)
  const manifest = stats.isDirectory() ? readManifest(path) : await unpackManifest(path)
  return { spec: path, name: nameIn(manifest, text), local: true }
}

/** A change of the prefix that has been made. */
export interface Installed {
  /** Restores the packages that were there before the change. */
  undo(): Promise<void>
  /** Removes older directories. To be called once the new packages are in force. The directory before stays, since old workers may load from it. */
  removeOldTrees(): Promise<void>
}

/**
 * Installs packages, all by one command of npm, so that tarballs which need each other install without a network. When it throws
 * PrefixError, nothing has changed.
 */
export function install(state: string, requests: readonly Requested[]): Promise<Installed> {
  return change(state, async (draft) => {
    for (const { name, local } of requests) if (local) removePackage(draft, name)
    await npm(draft, ['install', '--omit=dev', ...requests.map(({ spec }) => spec)])
  })
}

/** Removes a package from the prefix. When it throws PrefixError, nothing has changed. */
export function uninstall(state: string, name: string): Promise<Installed> {
  return change(state, (draft) => npm(draft, ['uninstall', name]))
}

/** The beginning of the names of directories that a change is being made in. */
const DRAFT = '.draft-'

/** Makes a change in a copy that only root may enter. When that has succeeded, the copy becomes the current tree. */
async function change(state: string, act: (draft: string) => Promise<void>): Promise<Installed> {
  const prefix = join(state, 'packages')
  assertOwn(state)
  if (!existsSync(prefix)) mkdirSync(prefix, { mode: 0o755 })
  assertOwn(prefix)
  // Drafts are left by commands that were killed. None is in use, since only one command at a time changes an instance.
  for (const name of readdirSync(prefix)) if (name.startsWith(DRAFT)) await removeTree(join(prefix, name))
  const before = currentTree(prefix)
  const draft = mkdtempSync(join(prefix, DRAFT))
  try {
    // cpSync() is not used, since in Node.js 22 it reports a full disk as a disk error.
    if (before !== undefined) await cp(join(prefix, before), draft, { recursive: true, verbatimSymlinks: true })
    const manifest = join(draft, 'package.json')
    if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n')
    await act(draft)
    secureTree(draft)
    const trees = treesIn(prefix)
    const after = String(Math.max(0, ...trees) + 1)
    chmodSync(draft, 0o755)
    renameSync(draft, join(prefix, after))
    point(prefix, after)
    return {
      undo: async () => {
        point(prefix, before)
        await removeTree(join(prefix, after))
      },
      removeOldTrees: async () => {
        for (const tree of treesIn(prefix).map(String)) {
          if (tree !== before && tree !== after) await removeTree(join(prefix, tree))
        }
      },
    }
  } catch (error) {
    await removeTree(draft)
    throw error
  }
}

/** Removes a tree. rmSync() is not used, since in Node.js 24 its errors do not say why something was refused. */
function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true })
}

/** Throws unless only root may write the directory: npm writes there as root. */
function assertOwn(directory: string): void {
  const complaint = new Ownership(0).complaint(directory)
  if (complaint !== undefined) throw new PrefixError(`nothing is installed there: ${complaint}`)
}

function treesIn(prefix: string): readonly number[] {
  return readdirSync(prefix)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
}

function currentTree(prefix: string): string | undefined {
  try {
    return readlinkSync(join(prefix, CURRENT))
  } catch {
    return undefined
  }
}

/** Points the link `current` at a tree, atomically (rename(2)): every process finds either the old or the new one. */
function point(prefix: string, tree: string | undefined): void {
  const draft = join(prefix, `.${CURRENT}`)
  unlinkIfThere(draft)
  if (tree === undefined) unlinkIfThere(join(prefix, CURRENT))
  else {
    symlinkSync(tree, draft)
    renameSync(draft, join(prefix, CURRENT))
  }
}

async function npm(prefix: string, words: readonly string[]): Promise<void> {
  const { exitCode, stderr, stdout, failed, shortMessage } = await execa(
    'npm',
    [...words, '--prefix', prefix, ...QUIET],
    // Whoever asks may have a umask of their own; candy must be able to read what is installed.
    { cwd: prefix, reject: false, env: { NODE_ENV: 'production' }, stdin: 'ignore' },
  )
  if (failed) throw new PrefixError(`npm ${words[0]} failed (${exitCode ?? shortMessage}):\n${stderr || stdout}`)
}

function readManifest(directory: string): string {
  try {
    return readRegular(join(directory, 'package.json')).toString()
  } catch {
    throw new PrefixError(`${directory}: no package.json, so no package`)
  }
}

/** Reads package.json out of a tarball. npm pack puts all files into a directory `package`. */
async function unpackManifest(tarball: string): Promise<string> {
  const { stdout, failed } = await execa('tar', ['-xzOf', tarball, 'package/package.json'], { reject: false })
  if (failed) throw new PrefixError(`${tarball}: not a package as npm pack makes it`)
  return stdout
}

function nameIn(manifest: string, where: string): string {
  try {
    const { name } = JSON.parse(manifest) as { readonly name?: unknown }
    if (typeof name === 'string') return name
  } catch {
    // A text that is not JSON has no name either; that is reported next.
  }
  throw new PrefixError(`${where}: its package.json has no name`)
}
