/** Every link between pages leads somewhere, and every page of docs/ can be reached. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, readPage } from '../../../../test/kit/pages.js'

const pages = [...pagesIn('.'), ...pagesBelow('docs'), ...pagesIn('.changeset'), ...packagePages()]

function pagesIn(directory: string): string[] {
  const names = readdirSync(join(ROOT, directory))
  return names.filter((name) => name.endsWith('.md')).map((name) => join(directory, name))
}

function pagesBelow(directory: string): string[] {
  const names = readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.md')).map((name) => join(directory, name))
}

function packagePages(): string[] {
  return readdirSync(join(ROOT, 'packages')).flatMap((name) => pagesIn(join('packages', name)))
}

interface Link {
  /** Path from the root of the repository. */
  readonly path: string
  readonly fragment: string | undefined
}

/** The links of a page to files; code is no link. */
function linksOf(page: string): readonly Link[] {
  const text = readPage(page)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/(?<!\[)`[^`\n]*`/g, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', fragment] = target.split('#')
      return { path: path === '' ? page : normalize(join(dirname(page), path)), fragment }
    })
}

/** The anchors of the headings, as GitHub makes them, and those that generated pages have in addition. */
function anchorsOf(page: string): readonly string[] {
  const text = readPage(page)
  const headings = [...text.matchAll(/^#+ +(.*)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-'),
  )
  const numbered = headings.map((heading, at) => {
    const before = headings.slice(0, at).filter((other) => other === heading).length
    return before === 0 ? heading : `${heading}-${before}`
  })
  return [...numbered, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id ?? '')]
}

test('the pages link to each other', () => {
  expect(pages).toContain('README.md')
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(30)
})

test.each(pages)('every link of %s leads somewhere', (page) => {
  for (const { path, fragment } of linksOf(page)) {
    expect(existsSync(join(ROOT, path)), path).toBe(true)
    if (fragment !== undefined) expect(anchorsOf(path), `${path}#${fragment}`).toContain(fragment)
  }
})

test('every page of docs/ can be reached from another page', () => {
  const linked = new Set(
    pages.flatMap((page) => linksOf(page).filter(({ path }) => path !== page)).map(({ path }) => path),
  )
  const directories = [...linked].filter(
    (path) => existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isDirectory(),
  )
  const lost = pagesBelow('docs').filter((page) => !linked.has(page) && !directories.includes(dirname(page)))
  expect(lost).toEqual([])
})
