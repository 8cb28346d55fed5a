/** The pages and the completion scripts of `@candy/runner`. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type CommandTree, commandPages } from './command-page.js'
import { bashCompletion } from './completion/bash.js'
import { completedCommand } from './completion/command-line.js'
import { fishCompletion } from './completion/fish.js'
import { zshCompletion } from './completion/zsh.js'
import { filePage } from './file-page.js'
import { type Page, printPage } from './page.js'

const ROOT = resolve(import.meta.dirname, '..')

/** The text of each file, by its path in the package. */
export function runnerFiles(tree: CommandTree): ReadonlyMap<string, string> {
  const { source } = tree
  const seeAlso = ['candy(8)', 'candy-list(8)', 'candy-reload(8)']
  const pages: readonly Page[] = [
    ...commandPages(tree),
    filePage({
      name: 'candy.toml',
      about: 'the settings of candy, which filters mail for Postfix',
      path: '/etc/postfix/candy.toml',
      markdown: readFileSync(resolve(ROOT, 'docs/candy-toml.md'), 'utf8'),
      source,
      seeAlso: [...seeAlso, 'filters.d(5)'],
    }),
    filePage({
      name: 'filters.d',
      about: 'the filters that candy runs, and what becomes of the mail that they reject',
      path: '/etc/postfix/filters.d/',
      markdown: readFileSync(resolve(ROOT, 'docs/filters-d.md'), 'utf8'),
      source,
      seeAlso: [...seeAlso, 'candy-add(8)', 'candy-check(8)', 'candy-remove(8)', 'candy.toml(5)'],
    }),
  ]
  const candy = completedCommand(tree.root)
  return new Map([
    ...pages.map((page): [string, string] => [`man/${page.name}.${page.section}`, printPage(page)]),
    ['completions/candy.bash', bashCompletion(candy)],
    ['completions/_candy', zshCompletion(candy)],
    ['completions/candy.fish', fishCompletion(candy)],
  ])
}
