/**
 * The package of a filter: the package of npm with what it depends on, in a directory where candy looks for filters. It puts nothing
 * into filters.d, so it judges no mail before the administrator says so (docs/decisions/0045-filters-of-packages-are-off.md).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DebianPackage, Release } from './archive.js'
import { printChangelog } from './changelog.js'
import { debianName, debianVersion } from './control.js'
import { printCopyright } from './copyright.js'
import type { Published } from './published.js'
import { filesBelow, Tree } from './tree.js'
import { dependenciesOf, isNeeded } from './vendor.js'

/** Where candy looks for them (packages/runner/src/packages/locate.ts). */
const PACKAGES = 'usr/share/candy/packages'

/** What the scripts of every filter package have in place of its name. */
const PLACEHOLDER = '@PACKAGE@'

export interface FilterRequest {
  /** The checkout. */
  readonly root: string
  readonly published: readonly Published[]
  readonly filter: Published
  readonly release: Release
}

export async function filterPackage({ root, published, filter, release }: FilterRequest): Promise<DebianPackage> {
  const { manifest, directory } = filter
  const name = debianName(manifest.name)
  const version = debianVersion(manifest.version, release.revision)
  if (filesBelow(join(directory, 'filters.d')).length !== 1) throw new Error(`${manifest.name} ships no single drop-in`)
  const tree = new Tree()
  const home = join(PACKAGES, manifest.name)
  const vendored = await dependenciesOf(manifest, published, root)
  tree.addDirectory(home, directory, isNeeded)
  const modules = join(home, 'node_modules')
  for (const one of vendored) tree.addDirectory(join(modules, one.place), one.directory, isNeeded)
  const documents = `usr/share/doc/${name}`
  tree.addCompressed(`${documents}/changelog.Debian`, printChangelog(name, version, release.date))
  tree.addFile(`${documents}/copyright`, printCopyright(root, vendored, modules))
  tree.addFile(
    `usr/share/lintian/overrides/${name}`,
    `# It is not made for Debian's archive, so there is no bug to close.\n${name}: initial-upload-closes-no-bugs [${documents}/changelog.Debian.gz:1]\n`,
  )
  const control = join(root, 'packaging/filter')
  const scripts = new Map(
    readdirSync(control).map((script) => [
      script,
      readFileSync(join(control, script), 'utf8').replaceAll(PLACEHOLDER, manifest.name),
    ]),
  )
  return {
    tree,
    scripts,
    control: {
      Package: name,
      Version: version,
      Architecture: 'all',
      Depends: ['postfix-candy'],
      Recommends: manifest.candy?.debian?.recommends ?? [],
      Suggests: [],
      Enhances: [],
      Provides: ['candy-filter'],
      synopsis: manifest.description.replace(/^An? /, '').replace(/\.$/, ''),
      description: [
        `The package ${manifest.name} of npm for Postfix and candy, with all that it depends on. It judges no mail before you say so: candy add ${manifest.name}`,
      ],
    },
  }
}
