/** The workspaces below packages/ as npm would publish them, unpacked. */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../test/kit/command.js'
import { publishedDirectory } from '../test/kit/published.js'

/** The members of package.json that are read here. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly keywords?: readonly string[]
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly candy?: { readonly debian?: { readonly recommends?: readonly string[] } }
}

export interface Published {
  /** The directory with what is published. */
  readonly directory: string
  readonly manifest: Manifest
}

/** The keyword by which a filter package is found, on npm too (docs/writing-a-filter.md). */
const FILTER_KEYWORD = 'candy-filter'

export function isFilter({ manifest }: Published): boolean {
  return manifest.keywords?.includes(FILTER_KEYWORD) === true
}

export async function readManifest(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest
}

/** Packs every workspace below packages/ of the checkout `root`, and unpacks it below `scratch`. */
export async function unpackPublished(root: string, scratch: string): Promise<readonly Published[]> {
  const folders = await readdir(join(root, 'packages'))
  const homes = await Promise.all(folders.map((name) => publishedDirectory(join(root, 'packages', name))))
  const tarballs = join(scratch, 'tarballs')
  await mkdir(tarballs)
  await runCommand('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', tarballs, ...homes])
  return Promise.all(
    (await readdir(tarballs)).map(async (name) => {
      const directory = join(scratch, 'published', name)
      await mkdir(directory, { recursive: true })
      execFileSync('tar', ['-xzf', join(tarballs, name), '-C', directory, '--strip-components=1', '--no-same-owner'])
      return { directory, manifest: await readManifest(directory) }
    }),
  )
}
