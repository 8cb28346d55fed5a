/**
 * Links as GitHub follows them, relative to the file and also to directories and to source files, made to links of the site. A page
 * is found at its address; any other file is copied to files/, as text that a browser shows; a directory without a README has
 * nothing to show, and its link becomes plain text.
 */
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import { follow, ROOT } from './pages.js'

type Token = ReturnType<MarkdownRenderer['parse']>[number]

/** Files that pages link to, beside pages. */
const copied = new Set<string>()

/** `base` is where on its host the site lies. */
export function repositoryLinks(markdown: MarkdownRenderer, base: string): void {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const { children } of tokens) if (children !== null) rewriteLinks(children, env.realPath ?? env.path, base)
  })
}

function rewriteLinks(tokens: Token[], page: string, base: string): void {
  for (const [at, token] of tokens.entries()) {
    const href = token.type === 'link_open' ? (token.attrGet('href') ?? '') : ''
    if (href === '' || href.startsWith('#') || /^[a-z]+:/.test(href)) continue
    const [path = '', fragment] = href.split('#')
    const target = follow(page, decodeURI(path))
    const behind = fragment === undefined ? '' : `#${fragment}`
    if (target.kind === 'page') token.attrSet('href', `/${target.address}${behind}`)
    else if (target.kind === 'file') {
      copied.add(target.path)
      // VitePress takes an address with an extension of its own for no page, and leaves it as it is.
      token.attrSet('href', `${base}files/${target.path}.txt`)
      token.attrSet('target', '_self')
    } else unlink(tokens, at)
  }
}

/** Makes a link to plain text. */
function unlink(tokens: Token[], at: number): void {
  const end = tokens.findIndex(({ type }, index) => index > at && type === 'link_close')
  for (const token of [tokens[at], tokens[end]]) {
    if (token === undefined) continue
    token.type = 'text'
    token.tag = ''
    token.nesting = 0
    token.content = ''
    token.attrs = null
  }
}

/** Puts the files that pages link to beside the pages. */
export function copyFiles(directory: string): void {
  for (const path of copied) {
    const copy = join(directory, 'files', `${path}.txt`)
    mkdirSync(dirname(copy), { recursive: true })
    cpSync(join(ROOT, path), copy)
  }
}
