/**
 * A manual page as data, and its source in man(7). Not mdoc(7): there every word of an argument may be a macro (`Ar`, `No`), and what
 * is printed here comes from option texts that know nothing of that.
 */
import { escapeText, fillLines, keepLines, type Span } from './roff.js'

export type Block =
  | { readonly paragraph: readonly Span[] }
  | { readonly example: string }
  /** Each with a mark in front, a bullet or a number. */
  | { readonly items: readonly (readonly Block[])[]; readonly ordered: boolean }
  | { readonly terms: readonly Term[] }

/** What is explained, and the explanation. */
export interface Term {
  readonly term: readonly Span[]
  readonly blocks: readonly Block[]
}

export interface Section {
  readonly heading: string
  readonly blocks: readonly Block[]
}

export interface Page {
  /** `candy-enable`. */
  readonly name: string
  readonly section: number
  /** The clause behind the name, without a full stop: whatis(1) shows it. */
  readonly about: string
  /** The package and its version. */
  readonly source: string
  readonly sections: readonly Section[]
}

/**
 * Of the text, not of the build: a page that was built again must be the same bytes, and the version of the package says what it is
 * about. To be moved when the pages have changed much.
 */
const DATE = '2026-11-28'

export function printPage({ name, section, about, source, sections }: Page): string {
  const title = `.TH "${escapeText(name.toUpperCase())}" "${section}" "${DATE}" "${source}"`
  const named: Section = { heading: 'NAME', blocks: [{ paragraph: [{ text: `${name} - ${about}` }] }] }
  const parts = [named, ...sections].map(({ heading, blocks }) => {
    return `.SH "${escapeText(heading.toUpperCase())}"\n${printBlocks(blocks)}`
  })
  return `.\\" Made by manual/ from what --help prints and from the documentation. Do not edit.\n${title}\n${parts.join('')}`
}

/** The first paragraph of a section or an explanation stands without a macro: mandoc warns of one that does nothing. */
function printBlocks(blocks: readonly Block[]): string {
  return blocks
    .map((block, at) => {
      if ('paragraph' in block) return `${at === 0 ? '' : '.PP\n'}${fillLines(block.paragraph)}\n`
      if ('example' in block) return `${at === 0 ? '' : '.PP\n'}.RS 4\n.nf\n${keepLines(block.example)}\n.fi\n.RE\n`
      if ('items' in block)
        return block.items.map((item, n) => printItem(item, block.ordered ? `${n + 1}.` : '\\(bu')).join('')
      return block.terms.map(printTerm).join('')
    })
    .join('')
}

function printTerm({ term, blocks }: Term): string {
  return printIndented(`.TP\n${fillLines(term).replaceAll('\n', ' ')}\n`, blocks)
}

function printItem(blocks: readonly Block[], mark: string): string {
  return printIndented(`.IP ${mark} 3\n`, blocks)
}

/** The first paragraph stands beside what begins the block, and the rest below it. */
function printIndented(begin: string, blocks: readonly Block[]): string {
  const [first, ...rest] = blocks
  if (first === undefined || !('paragraph' in first)) throw new Error('a manual page has a list without text')
  const text = `${begin}${fillLines(first.paragraph)}\n`
  return rest.length === 0 ? text : `${text}.RS\n${printBlocks(rest)}.RE\n`
}
