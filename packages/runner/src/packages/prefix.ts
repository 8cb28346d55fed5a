/**
 * The site's prefix, `<state>/packages`: where npm installs filter packages for this site. It is root's, and candy may not
 * write it. npm runs no code of a package (`--ignore-scripts`) and links nothing into anybody's home (`--install-links`).
 *
 * Every change makes a new directory, `1`, `2`, …, with all that is installed, and then points `current` at it: workers that
 * run keep the code that they have loaded a part of, and nobody ever finds half of an installation.
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
import { forget, normalise, PrefixError } from './package-tree.js'

/** A package as it was asked for. */
export interface Requested {
  /** What npm is told: a name, perhaps with a version, or an absolute path. */
  readonly spec: string
  /** The package's own name. */
  readonly name: string
  /** Whether it lies in a file or a directory, and so has to be installed from there. */
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

/** What an installation has changed. */
export interface Installed {
  /** Goes back to what there was before. */
  undo(): Promise<void>
  /** Removes what nobody uses any more, once what is new is in force; what it has replaced stays, since workers that finish may still load a part of it. */
  prune(): Promise<void>
}

/** Installs packages, all by one command, so that tarballs find each other without a network. Throws PrefixError; then all is as it was. */
export function install(state: string, requests: readonly Requested[]): Promise<Installed> {
  return change(state, async (draft) => {
    for (const { name, local } of requests) if (local) forget(draft, name)
    await npm(draft, ['install', '--omit=dev', ...requests.map(({ spec }) => spec)])
  })
}

/** Takes a package out of the prefix. Throws PrefixError; then all is as it was. */
export function uninstall(state: string, name: string): Promise<Installed> {
  return change(state, (draft) => npm(draft, ['uninstall', name]))
}

/** How the names of copies begin that are being changed. */
const DRAFT = '.draft-'

/** Changes a copy that only root may enter, and puts it in the place of the original when it is whole. */
async function change(state: string, act: (draft: string) => Promise<void>): Promise<Installed> {
  const prefix = join(state, 'packages')
  assertOwn(state)
  if (!existsSync(prefix)) mkdirSync(prefix, { mode: 0o755 })
  assertOwn(prefix)
  // Of commands that were killed: one at a time changes a site.
  for (const name of readdirSync(prefix)) if (name.startsWith(DRAFT)) await removeTree(join(prefix, name))
  const before = currentTree(prefix)
  const draft = mkdtempSync(join(prefix, DRAFT))
  try {
    // Not by cpSync(), which takes a full disk for one that fails (Node.js 22).
    if (before !== undefined) await cp(join(prefix, before), draft, { recursive: true, verbatimSymlinks: true })
    const manifest = join(draft, 'package.json')
    if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n')
    await act(draft)
    normalise(draft)
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
      prune: async () => {
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

/** Not by rmSync(), which tells what is refused without its cause (Node.js 24). */
function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true })
}

/** Root writes here, so nobody else may have a hand in it. */
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

/** Whoever looks finds the one or the other (rename(2)). */
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

/** npm pack puts everything into a directory `package`. */
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
    // told below
  }
  throw new PrefixError(`${where}: its package.json has no name`)
}
