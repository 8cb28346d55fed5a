/** Filter packages as strangers might publish them, planted in a directory of a test. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Files by their names; `package.json` is made when it isn't given. */
export function plantPackage(
  directory: string,
  files: Readonly<Record<string, string>>,
  manifest: object = {},
): string {
  const whole = {
    'package.json': JSON.stringify({
      name: 'planted',
      version: '1.2.3',
      type: 'module',
      main: 'index.js',
      ...manifest,
    }),
    ...files,
  }
  for (const [name, text] of Object.entries(whole)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return directory
}

/** A package in the site's prefix, below its state directory. */
export function plantInSite(
  state: string,
  name: string,
  files: Readonly<Record<string, string>>,
  manifest: object = {},
): string {
  return plantPackage(join(state, 'packages/current/node_modules', name), files, { name, ...manifest })
}

/** The libraries of this repository, so that a planted package can import them. */
export function linkLibraries(directory: string): void {
  const modules = fileURLToPath(new URL('../../../../node_modules', import.meta.url))
  mkdirSync(join(directory, 'node_modules'), { recursive: true })
  for (const name of ['valibot', 'zod', '@candy'])
    symlinkSync(join(modules, name), join(directory, 'node_modules', name))
}

/** A filter that accepts, with a schema that takes anything and remembers nothing. */
export const ACCEPTS = `{
  api: 1, name: 'planted', rewrites: false,
  options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
  create: () => ({ judge: () => ({ action: 'accept' }) }),
}`
