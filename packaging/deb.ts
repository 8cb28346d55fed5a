/**
 * Makes the Debian packages from what `npm pack` makes of this checkout: `postfix-candy` for each processor that candy-handover is
 * built for, and one package for each filter. Policy: https://www.debian.org/doc/debian-policy. Everything is in them, so nothing is
 * fetched when they are installed.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeArchive } from './archive.js'
import { filterPackage } from './filter-package.js'
import { isFilter, type Published, unpackPublished } from './published.js'
import { platformsOf, RUNNER, runnerPackage } from './runner-package.js'

const ROOT = resolve(import.meta.dirname, '..')

export interface Request {
  /** The directory to put the packages into. It is made if it is missing. */
  readonly out: string
  /** The part of the version after the hyphen (deb-version(7)), for a package that is made anew of the same release. */
  readonly revision: string
}

/** Reads `[--out DIR] [--revision N]`. Throws TypeError at anything else. */
export function readArguments(argv: readonly string[]): Request {
  const { values } = parseArgs({
    args: [...argv],
    options: { out: { type: 'string', default: join(ROOT, 'dist') }, revision: { type: 'string', default: '1' } },
  })
  if (!/^[A-Za-z0-9+.~]+$/.test(values.revision))
    throw new TypeError(`--revision ${values.revision}: letters, digits, + . ~`)
  return { out: resolve(values.out), revision: values.revision }
}

/** Gives the paths of the packages. The workspaces must have been built. */
export async function makePackages({ out, revision }: Request): Promise<readonly string[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'candy-deb-'))
  try {
    const published = await unpackPublished(ROOT, scratch)
    const release = { revision, date: dateOfRelease() }
    const runner = find(published, RUNNER)
    const packages = [
      ...platformsOf(published).map((platform) => runnerPackage({ root: ROOT, published, runner, platform, release })),
      ...published.filter(isFilter).map((filter) => filterPackage({ root: ROOT, published, filter, release })),
    ]
    await mkdir(out, { recursive: true })
    const paths: string[] = []
    for (const made of await Promise.all(packages)) paths.push(await writeArchive(made, { out, scratch, release }))
    return paths
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function find(published: readonly Published[], name: string): Published {
  const found = published.find(({ manifest }) => manifest.name === name)
  if (found === undefined) throw new Error(`no workspace is ${name}`)
  return found
}

/** SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch), else when the last commit was made. */
function dateOfRelease(): Date {
  const { SOURCE_DATE_EPOCH: epoch } = process.env
  return new Date(Number(epoch ?? lastCommit()) * 1_000)
}

function lastCommit(): string {
  try {
    return execFileSync('git', ['-C', ROOT, 'log', '-1', '--format=%ct'], { encoding: 'utf8' })
  } catch (cause) {
    const text = `${ROOT} is no clone of git, whose last commit would date the packages: type SOURCE_DATE_EPOCH=$(date +%s) npm run deb`
    throw new Error(text, { cause })
  }
}
