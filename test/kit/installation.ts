/**
 * Candy installed as npm would install it, in a directory that every account can enter: the published files of each
 * package and what they depend on, copied from this checkout. The filter's account may not be able to read the checkout.
 */
import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Handover } from '../../packages/runner/src/postfix/handover.js'
import { runCommand } from './command.js'
import { publishedDirectory } from './published.js'

const ROOT = resolve(import.meta.dirname, '../..')

/** What npm publishes of a package, beside its package.json (`files`). */
const PUBLISHED = ['bin', 'completions', 'dist', 'filters.d', 'man', 'share']

/** Declarations of types and source maps: half of all files, and no process reads them. */
const UNREAD = /\.(?:d\.[cm]?ts|map|tsbuildinfo)$/

const COPY = { recursive: true, filter: (path: string): boolean => !UNREAD.test(path) }

export interface Installation {
  /** The directory that holds `node_modules`. */
  readonly directory: string
  /** Path of the command `candy`. */
  readonly candy: string
  /** Path of the script that pipe(8) runs a copy of. */
  readonly candyPipe: string
  /** The program that candy-pipe runs a copy of. */
  readonly handover: Handover
}

/**
 * Installs every package of ours below `directory`, the examples too. Throws when they are not built. Where tests share an
 * installation (shared-installation.ts) its files are linked, so none may be written to in place.
 */
export async function installCandy(directory: string): Promise<Installation> {
  const shared = process.env.CANDY_INSTALLATION
  if (shared === undefined) await copyPackages(join(directory, 'node_modules'))
  else await runCommand('cp', ['--recursive', '--link', shared, directory])
  const modules = join(directory, 'node_modules/@candy')
  const bin = join(modules, 'runner/bin')
  const platform = `handover-${process.platform}-${process.arch}`
  const handover = { package: `@candy/${platform}`, program: join(modules, platform, 'bin/candy-handover') }
  return { directory, candy: join(bin, 'candy.cjs'), candyPipe: join(bin, 'candy-pipe'), handover }
}

async function copyPackages(modules: string): Promise<void> {
  const wanted = new Set<string>()
  for (const home of await packageFolders()) {
    const from = await publishedDirectory(home)
    const manifest = await readManifest(from)
    const target = join(modules, manifest.name)
    await mkdir(target, { recursive: true })
    await cp(join(from, 'package.json'), join(target, 'package.json'))
    for (const part of await readdir(from)) {
      if (PUBLISHED.includes(part)) await cp(join(from, part), join(target, part), COPY)
    }
    await want(Object.keys(manifest.dependencies ?? {}), wanted)
  }
  for (const name of wanted) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await cp(join(ROOT, 'node_modules', name), join(modules, name), COPY)
  }
}

async function packageFolders(): Promise<readonly string[]> {
  const folders = ['packages', 'examples'].map(async (parent) => {
    const entries = await readdir(join(ROOT, parent), { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(ROOT, parent, name))
  })
  return (await Promise.all(folders)).flat()
}

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}

async function want(names: readonly string[], wanted: Set<string>): Promise<void> {
  for (const name of names) {
    if (name.startsWith('@candy/') || wanted.has(name)) continue
    wanted.add(name)
    await want(Object.keys((await readManifest(join(ROOT, 'node_modules', name))).dependencies ?? {}), wanted)
  }
}

async function readManifest(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest
}
