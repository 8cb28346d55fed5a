/** What stands beside each page: the list of pages in docs/README.md, which is the home of the site and of docs/ on GitHub. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DefaultTheme } from 'vitepress'
import { follow, ROOT } from './pages.js'

const HOME = join(ROOT, 'docs/README.md')

/** The sections of the home with their links, in the order in which they stand there. */
export function readNavigation(): DefaultTheme.SidebarItem[] {
  const [, ...sections] = readFileSync(HOME, 'utf8').split(/^## /m)
  const groups = sections.map((section) => {
    const [heading = ''] = section.split('\n')
    const items = [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, text = '', link = '']) => {
      const target = follow(HOME, link)
      if (target.kind !== 'page') throw new Error(`${HOME}: ${link} is no page`)
      return { text: text.replaceAll('`', ''), link: `/${target.address.replace(/(?:index)?\.md$/, '')}` }
    })
    return { text: heading, items }
  })
  demandAll(groups)
  return groups
}

/** Every page of docs/ is in the list once; those of its folders are listed by pages of their own. */
function demandAll(groups: readonly DefaultTheme.SidebarItem[]): void {
  const links = groups.flatMap(({ items = [] }) => items.map(({ link }) => link))
  for (const name of readdirSync(join(ROOT, 'docs'))) {
    const [, page] = /^(.*)\.md$/.exec(name) ?? []
    if (page === undefined || page === 'README') continue
    const count = links.filter((link) => link === `/${page}`).length
    if (count !== 1) throw new Error(`${HOME} has ${count} links to ${name}, and should have one`)
  }
}
