/** From the texts of `--help`, which are clauses in plain text, to sentences with fonts. */
import type { Span } from './roff.js'

/** A clause as a sentence: it begins with a capital letter, but for a name, and ends with a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim()
  const begun = /^[a-z]+(?:[ ,;:]|$)/.test(trimmed)
    ? `${trimmed.slice(0, 1).toUpperCase()}${trimmed.slice(1)}`
    : trimmed
  return /[.!?:]$/.test(begun) ? begun : `${begun}.`
}

/** A text without a full stop at its end. */
export function clause(text: string): string {
  return text.trim().replace(/\.$/, '')
}

/** What stands between double quotes and begins with `candy`, an option, or the name of a manual page. */
const TYPED = /"(candy [^"]+)"|(?<![\w-])(--?[a-z][a-z-]*)|\b([a-z][\w.-]*)(?=\(\d\))/g

/** Plain text with command lines, options and names of pages in bold. */
export function spansOfText(text: string): readonly Span[] {
  const spans: Span[] = []
  let end = 0
  for (const match of text.matchAll(TYPED)) {
    spans.push({ text: text.slice(end, match.index) })
    spans.push({ text: match[1] ?? match[2] ?? match[3] ?? '', font: 'bold' })
    end = match.index + match[0].length
  }
  return [...spans, { text: text.slice(end) }].filter(({ text: part }) => part !== '')
}

/** The flags of an option as commander has them, `-c, --config <dir>`: what is typed in bold, what stands for a value in italics. */
export function flagsOf(flags: string): readonly Span[] {
  return flags
    .split(/([<[][^>\]]+[>\]])|(, | )/)
    .filter((part) => part !== undefined && part !== '')
    .map((part): Span => {
      if (part.startsWith('<')) return { text: part.slice(1, -1), font: 'italic' }
      if (/^[A-Z]/.test(part)) return { text: part, font: 'italic' }
      return part === ', ' || part === ' ' ? { text: part } : { text: part, font: 'bold' }
    })
}
