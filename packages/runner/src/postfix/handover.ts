/**
 * Finds the program candy-handover for this platform. @candy/handover has an optional dependency for each platform, with the program,
 * of which npm installs the one for this machine. It can be missing: npm omits it when it is told so (`--omit=optional`) or cannot
 * fetch it, and what was installed on one machine may have been copied to another.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readVersion } from '../os/version.js'
import { PostfixError } from './error.js'

export interface Handover {
  /** The name of the package that has the program for this platform. */
  readonly package: string
  /** The absolute path of the program; undefined where the package is not installed. */
  readonly program: string | undefined
}

/** Undefined where there is no program for this platform. Throws PostfixError when the installation is damaged. */
export function findHandover(platform = `${process.platform}-${process.arch}`): Handover | undefined {
  const { path, names } = readPlatforms()
  const name = `@candy/handover-${platform}`
  return names.includes(name) ? { package: name, program: programOf(name, path) } : undefined
}

/**
 * The command to type where the package is not installed: npm installs the same version of candy in the same place, with what is
 * missing. `candy` is the absolute path of the command candy.
 */
export function handoverInstallation(candy: string): string {
  const [directory = ''] = candy.split('/node_modules/')
  // npm-folders(7): where packages are global, their node_modules is in a directory `lib`.
  const place = basename(directory) === 'lib' ? ['-g', '--prefix', dirname(directory)] : ['--prefix', directory]
  return ['npm', 'install', ...place, '--include=optional', `@candy/runner@${readVersion()}`].join(' ')
}

/** The manifest of @candy/handover, and the packages that it names. */
function readPlatforms(): { readonly path: string; readonly names: readonly string[] } {
  try {
    const path = fileURLToPath(import.meta.resolve('@candy/handover/package.json'))
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { readonly optionalDependencies: object }
    return { path, names: Object.keys(manifest.optionalDependencies) }
  } catch {
    throw new PostfixError('@candy/handover, which is a part of candy, is damaged: install candy anew, then try again')
  }
}

/** Node.js looks for the package as if the file `from` imported it: npm may have put it deeper than the runner can see. */
function programOf(name: string, from: string): string | undefined {
  try {
    return join(dirname(createRequire(from).resolve(`${name}/package.json`)), 'bin/candy-handover')
  } catch {
    return undefined
  }
}
