/**
 * Prints the public API of this package: the declarations that can be reached from its entry points, without comments, so
 * that a change which breaks somebody shows in a diff. Files are in the order of their names.
 */
import { readFileSync } from 'node:fs'

/** `declarations` is where the compiler put its `.d.ts` files, `entries` the entry points below it. */
export function printApi(declarations: URL, entries: readonly string[]): string {
  const files = new Map<string, string>()
  const visit = (url: URL) => {
    const name = url.href.slice(declarations.href.length)
    if (files.has(name)) return
    const text = readFileSync(url, 'utf8')
    files.set(name, text.trim())
    for (const [, path] of text.matchAll(/\bfrom '(\.{1,2}\/[^']+)\.js'/g)) visit(new URL(`${path}.d.ts`, url))
  }
  for (const entry of entries) visit(new URL(entry, declarations))
  const sections = [...files].sort(([one], [other]) => (one < other ? -1 : 1))
  return sections.map(([name, text]) => `// ${name}\n\n${text}\n`).join('\n\n')
}
