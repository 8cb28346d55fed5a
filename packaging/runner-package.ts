/** The package `postfix-candy`: the command, all that it needs but Node.js and Postfix, and what a service of Debian brings with it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DebianPackage, Release } from './archive.js'
import { printChangelog } from './changelog.js'
import { debianVersion } from './control.js'
import { printCopyright } from './copyright.js'
import { addDocuments } from './documents.js'
import type { Published } from './published.js'
import { Tree } from './tree.js'
import { dependenciesOf, isNeeded, type Vendored } from './vendor.js'

/** The package of npm that has the command candy. */
export const RUNNER = '@candy/runner'

const NAME = 'postfix-candy'

/** Where the command and what it needs are installed. */
const HOME = 'usr/lib/postfix-candy'

const MODULES = `${HOME}/node_modules`

/** What Debian calls the processors of Node.js (`process.arch`). */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** The packages with a program for one processor. */
export function platformsOf(published: readonly Published[]): readonly Published[] {
  return published.filter(({ manifest }) => manifest.os?.includes('linux') && manifest.cpu !== undefined)
}

export interface RunnerRequest {
  /** The checkout. */
  readonly root: string
  readonly published: readonly Published[]
  readonly runner: Published
  /** The package with the program for the processor. */
  readonly platform: Published
  readonly release: Release
}

export async function runnerPackage({
  root,
  published,
  runner,
  platform,
  release,
}: RunnerRequest): Promise<DebianPackage> {
  const tree = new Tree()
  const version = debianVersion(runner.manifest.version, release.revision)
  const vendored = await dependenciesOf(runner.manifest, published, root)
  for (const { manifest, directory, place } of [placed(runner), ...vendored, placed(platform)]) {
    tree.addDirectory(join(MODULES, place), directory, isNeeded)
    if (!manifest.name.startsWith('@candy/')) continue
    addDocuments(tree, directory)
    for (const [command, file] of Object.entries(manifest.bin ?? {})) {
      // What only root has a use for is in sbin, and its manual page in section 8.
      const directoryOfCommand = manifest === runner.manifest ? 'usr/sbin' : 'usr/bin'
      tree.addLink(`${directoryOfCommand}/${command}`, join('..', MODULES.slice('usr/'.length), manifest.name, file))
    }
  }
  const share = join(runner.directory, 'share')
  for (const name of readdirSync(share)) {
    tree.addFile(`etc/postfix/filters.d/${name}`, readFileSync(join(share, name)))
  }
  const documents = `usr/share/doc/${NAME}`
  tree.addCompressed(`${documents}/changelog.Debian`, printChangelog(NAME, version, release.date))
  tree.addFile(`${documents}/copyright`, printCopyright(root, vendored, MODULES))
  addSources(tree, join(root, 'packaging', NAME), documents)
  const scripts = new Map(
    readdirSync(join(root, 'packaging', NAME, 'control')).map((name) => [
      name,
      readFileSync(join(root, 'packaging', NAME, 'control', name), 'utf8'),
    ]),
  )
  const architecture = platform.manifest.cpu?.map((cpu) => ARCHITECTURES[cpu])[0]
  if (architecture === undefined)
    throw new Error(`${platform.manifest.name} is for a processor that Debian has no name for`)
  return {
    tree,
    scripts,
    control: {
      Package: NAME,
      Version: version,
      Architecture: architecture,
      Depends: ['nodejs (>= 20.19)', 'postfix', 'acl', 'adduser'],
      Recommends: [],
      Suggests: ['candy-filter', 'logrotate', 'npm'],
      Enhances: ['postfix'],
      Provides: [],
      synopsis: 'mail filters for Postfix: one command in, one command out',
      description: [
        'Has Postfix give its mail to filters, after the queue, before the queue, as a milter or by pipe(8), and takes all of that back byte for byte. A filter is a package such as candy-filter-clamav, a package of npm, or a script.',
        'Installing this package changes nothing in Postfix: "candy enable" does.',
      ],
    },
  }
}

function placed({ manifest, directory }: Published): Vendored {
  return { manifest, directory, place: manifest.name }
}

/** The files of this folder that are installed as they are, each where its folder says. */
function addSources(tree: Tree, directory: string, documents: string): void {
  const places: Readonly<Record<string, string>> = {
    lib: HOME,
    systemd: 'usr/lib/systemd/system',
    logrotate: 'etc/logrotate.d',
    lintian: 'usr/share/lintian/overrides',
  }
  for (const [folder, place] of Object.entries(places)) {
    const from = join(directory, folder)
    if (existsSync(from)) tree.addDirectory(place, from, () => true)
  }
  for (const name of ['NEWS.Debian', 'README.Debian']) {
    const text = readFileSync(join(directory, name))
    if (name.startsWith('NEWS')) tree.addCompressed(`${documents}/${name}`, text)
    else tree.addFile(`${documents}/${name}`, text)
  }
}
