/** The pages of docs/ as blocks of a manual page. A link is its text, and a table a list of what its first column names. */
import { lexer, type Token, type Tokens } from 'marked'
import type { Block, Section, Term } from './page.js'
import type { Span } from './roff.js'

export interface Document {
  /** What stands above the first heading of the second level. */
  readonly opening: readonly Block[]
  readonly sections: readonly Section[]
}

export function readDocument(markdown: string): Document {
  const opening: Block[] = []
  const sections: { heading: string; blocks: Block[] }[] = []
  for (const token of lexer(markdown)) {
    if (token.type === 'heading') {
      const { depth, text } = token as Tokens.Heading
      if (depth === 2) sections.push({ heading: text, blocks: [] })
      else if (depth > 2) throw new Error(`a manual page has no heading of level ${depth}: ${text}`)
    } else (sections.at(-1)?.blocks ?? opening).push(...blocksOf(token))
  }
  return { opening, sections }
}

function blocksOf(token: Token): readonly Block[] {
  switch (token.type) {
    case 'space':
    case 'html':
      return []
    case 'paragraph':
    case 'text':
      return [{ paragraph: spansOf((token as Tokens.Paragraph).tokens) }]
    case 'code':
      return [{ example: (token as Tokens.Code).text }]
    case 'table':
      return [{ terms: termsOf(token as Tokens.Table) }]
    case 'list':
      return [listOf(token as Tokens.List)]
    default:
      throw new Error(`a manual page has no ${token.type}: ${token.raw}`)
  }
}

function listOf({ items, ordered }: Tokens.List): Block {
  return { items: items.map(({ tokens }) => tokens.flatMap(blocksOf)), ordered }
}

/** Columns that need no heading before what they say. */
const PLAIN = ['is', 'is for', 'holds', 'means']

function termsOf({ header, rows }: Tokens.Table): readonly Term[] {
  return rows.map(([first, ...others]) => {
    const cells = others.map((cell, at) => ({ heading: header[at + 1]?.text ?? '', spans: spansOf(cell.tokens) }))
    const told = cells.filter(({ spans }) => spans.length > 0)
    const plain = told.filter(({ heading }) => PLAIN.includes(heading)).map(({ spans }) => spans)
    const rest = told
      .filter(({ heading }) => !PLAIN.includes(heading))
      .map(({ heading, spans }) => [{ text: `${heading}: ` }, ...spans])
    const paragraphs = [...plain, ...(rest.length === 0 ? [] : [join(rest)])]
    return { term: spansOf(first?.tokens ?? []), blocks: paragraphs.map((paragraph) => ({ paragraph })) }
  })
}

function join(parts: readonly (readonly Span[])[]): readonly Span[] {
  return parts.flatMap((part, at) => (at === 0 ? part : [{ text: '; ' }, ...part]))
}

function spansOf(tokens: readonly Token[], font?: Span['font']): readonly Span[] {
  return tokens.flatMap((token): readonly Span[] => {
    switch (token.type) {
      case 'codespan':
      case 'strong':
        return [{ text: (token as Tokens.Codespan).text, font: 'bold' }]
      case 'em':
        return [{ text: (token as Tokens.Em).text, font: 'italic' }]
      case 'link':
        return spansOf((token as Tokens.Link).tokens, font)
      case 'text':
      case 'escape':
        return [{ text: (token as Tokens.Text).text, ...(font !== undefined && { font }) }]
      default:
        throw new Error(`a manual page has no ${token.type}: ${token.raw}`)
    }
  })
}
