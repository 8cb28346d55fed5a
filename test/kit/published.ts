/** Where npm publishes a package of ours from: its own directory, or the one that changesets is told by `publishConfig.directory`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Manifest {
  readonly publishConfig?: { readonly directory?: string }
}

/** `home` is the directory of the package in this checkout. */
export async function publishedDirectory(home: string): Promise<string> {
  const { publishConfig } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as Manifest
  return join(home, publishConfig?.directory ?? '')
}
