/**
 * The site's prefix, `<state>/packages`: where npm installs filter packages for this site. It is root's, and candy may not
 * write it. npm runs no code of a package (`--ignore-scripts`) and links nothing into anybody's home (`--install-links`).
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { readRegular } from './file.js'

/** A package as it was asked for. */
export interface Requested {
  /** What npm is told: a name, perhaps with a version, or an absolute path. */
  readonly spec: string
  /** The package's own name. */
  readonly name: string
  /** Whether it lies in a file or a directory, and so has to be installed from there. */
  readonly local: boolean
}

/** What npm, tar or the file system said. */
export class PrefixError extends Error {
  readonly code = 'PREFIX'
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

/** Installs packages, all by one command, so that tarballs find each other without a network. Throws PrefixError. */
export async function install(state: string, specs: readonly string[]): Promise<void> {
  const prefix = join(state, 'packages')
  if (!existsSync(prefix)) mkdirSync(prefix, { mode: 0o755 })
  const manifest = join(prefix, 'package.json')
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n', { mode: 0o644 })
  await npm(prefix, ['install', '--omit=dev', ...specs])
}

/** Takes a package out of the prefix. Throws PrefixError. */
export async function uninstall(state: string, name: string): Promise<void> {
  await npm(join(state, 'packages'), ['uninstall', name])
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
