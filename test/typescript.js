/**
 * TypeScript for programs that Node.js 20 must run from a checkout, the demo and the benchmarks: a module and what it
 * imports of ours are bundled into one file first. The bundler is a development dependency anyhow.
 */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const CACHE = resolve(import.meta.dirname, '../node_modules/.cache')

/** Imports a TypeScript module by its path. */
export async function importTypeScript(path) {
  const { build } = await import('rolldown')
  await mkdir(CACHE, { recursive: true })
  const file = resolve(CACHE, `candy-${basename(path, '.ts')}-${process.pid}.js`)
  await build({
    input: path,
    platform: 'node',
    // What npm installs is imported as it is; the bundler's own helpers are installed nowhere, and go into the bundle.
    external: (id) => /^[^./\0]/.test(id) && !id.startsWith('@oxc-project/runtime'),
    logLevel: 'warn',
    transform: { target: 'node20' },
    plugins: [{ name: 'own-directory', load: withItsDirectory }],
    output: { file, format: 'esm' },
  })
  try {
    return await import(pathToFileURL(file).href)
  } finally {
    await rm(file)
  }
}

/** A module in the bundle still finds the files that lie beside its source. */
async function withItsDirectory(id) {
  if (!id.endsWith('.ts')) return null
  return (await readFile(id, 'utf8')).replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
}
