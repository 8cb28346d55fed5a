/** Anchors as GitHub makes them, and a look at all links with anchors in the pages that were built: VitePress checks pages only. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The anchor of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** Throws when a link in a page that was built leads to an anchor, a page or a file that is not there. */
export function checkLinks(directory: string, base: string): void {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const names = new Set(files)
  const pages = new Map(
    files.filter((name) => name.endsWith('.html')).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )
  const problems = [...pages].flatMap(([page, html]) =>
    [...html.matchAll(/<(?:a|img)\b[^>]*\b(?:href|src)="([^"]*)"/g)].flatMap(([, url = '']) => {
      if (/^(?:[a-z]+:|\/\/)/.test(url)) return []
      const [path = '', fragment = ''] = url.split('#')
      const target = path === '' ? page : fileAt(decodeURI(path), page, base)
      if (!names.has(target)) return [`${page}: ${url}: there is no ${target}`]
      const anchor = decodeURIComponent(fragment)
      return anchor === '' || pages.get(target)?.includes(` id="${anchor}"`) ? [] : [`${page}: ${url}: no such anchor`]
    }),
  )
  if (problems.length > 0) throw new Error(`links that lead nowhere:\n${problems.join('\n')}`)
}

function fileAt(path: string, page: string, base: string): string {
  const absolute = path.startsWith('/') ? path.slice(base.length) : join(page, '..', path)
  if (absolute === '' || absolute.endsWith('/')) return `${absolute}index.html`
  return /\.\w+$/.test(absolute) ? absolute : `${absolute}.html`
}
