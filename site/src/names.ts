/** Names in code, such as `smtp-before` or `--dry-run`, get a class of their own: a table may not break them at a hyphen. */
import type { MarkdownRenderer } from 'vitepress'

/** Longer ones may have to be broken on a telephone. Characters. */
const LONGEST = 24

export function markNames(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('names', ({ tokens }) => {
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        const isName = token.type === 'code_inline' && token.content.length <= LONGEST && !token.content.includes(' ')
        if (isName) token.attrJoin('class', 'name')
      }
    }
  })
}
