/**
 * Which Markdown files of the repository are pages of the site, and at which address. The source directory is the whole
 * repository, since pages of docs/ link to READMEs of packages and to the figures of bench/.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

/** Patterns of files that are no pages. */
export const EXCLUDED: string[] = [
  '.changeset/**',
  '.github/**',
  '**/CHANGELOG.md',
  'packages/create-filter/template/**',
  'packages/*/test/**',
  'site/**',
  'test/**',
]

/** The folders of the repository that are served with their READMEs. */
const PUBLISHED = /^(?:docs|bench|examples|packages)\//

/** Of pages that would have the address of another one. */
const OWN_ADDRESSES: Readonly<Record<string, string>> = { 'README.md': 'overview.md', 'SECURITY.md': 'reporting.md' }

/** The address of a page, as the path of a Markdown file: `docs/flow.md` is at `flow.md`, `docs/decisions/README.md` at `decisions/index.md`. */
export function addressOf(page: string): string {
  const own = OWN_ADDRESSES[page]
  if (own !== undefined) return own
  return page.replace(/^docs\//, '').replace(/(^|\/)README\.md$/, '$1index.md')
}

/** What a link leads to: a page, by its address; another file, which is copied to the site; or a directory without a page. */
export type Target =
  | { readonly kind: 'page'; readonly address: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'directory' }

/** Follows a relative link from a file. Throws when nothing is there. */
export function follow(from: string, link: string): Target {
  const target = resolve(dirname(from), link)
  const path = relative(ROOT, target)
  if (!existsSync(target)) throw new Error(`${relative(ROOT, from)}: nothing is at ${link}`)
  if (statSync(target).isDirectory()) {
    const page = join(path, 'README.md')
    return existsSync(join(ROOT, page)) ? { kind: 'page', address: addressOf(page) } : { kind: 'directory' }
  }
  const isPage = path.endsWith('.md') && (PUBLISHED.test(path) || !path.includes('/'))
  return isPage ? { kind: 'page', address: addressOf(path) } : { kind: 'file', path }
}
