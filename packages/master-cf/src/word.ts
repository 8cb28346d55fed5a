/**
 * Splits a logical line into words as Postfix does (src/util/mystrtok.c mystrtokq, extpar.c, split_nameval.c).
 *
 * Blanks separate words, except within `{ }`, which nest. A word may therefore span lines, with comments in between that
 * are not in its text. Backslashes and quotes have no special meaning.
 */
import { isSpace, type LogicalLine } from './line.js'

/** A part of the file: `length` bytes from `offset` on. */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** A word of an entry. `text` is what Postfix reads; the span is its part of the file, including braces. */
export interface Word extends Span {
  readonly text: string
  /** False when a `{` in it is never closed, so that the word extends to the end of the entry. */
  readonly closed: boolean
  /** The offset of the word in the logical line. */
  readonly at: number
}

/** CHARS_SPACE of Postfix: what separates words. Narrower than isspace(3). */
const BLANKS = ' \t\r\n'

/** Splits a logical line into words. Postfix stops reading at a NUL byte, so this does too. */
export function splitWords(logical: Pick<LogicalLine, 'text' | 'offsetOf'>): readonly Word[] {
  const nul = logical.text.indexOf('\0')
  const text = nul === -1 ? logical.text : logical.text.slice(0, nul)
  const words: Word[] = []
  for (let at = 0; ; ) {
    while (at < text.length && BLANKS.includes(text.charAt(at))) at++
    if (at === text.length) return words
    const start = at
    let level = 0
    for (; at < text.length; at++) {
      const character = text.charAt(at)
      if (character === '{') level++
      else if (character === '}' && level > 0) level--
      else if (level === 0 && BLANKS.includes(character)) break
    }
    const offset = logical.offsetOf(start)
    const length = logical.offsetOf(at - 1) + 1 - offset
    words.push({ text: text.slice(start, at), closed: level === 0, at: start, offset, length })
  }
}

/** A part of a text: [start, end). */
export interface Range {
  readonly start: number
  readonly end: number
}

/** The range inside the `{ … }` with which a text starts, without outer blanks; or the code of what is wrong with the braces. */
export function readBraces(text: string, from: number): Range | 'UNCLOSED_BRACE' | 'TEXT_AFTER_BRACE' {
  let level = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') level++
    else if (text[at] === '}' && --level === 0) {
      if (at !== text.length - 1) return 'TEXT_AFTER_BRACE'
      return trimRange(text, { start: from + 1, end: at })
    }
  }
  return 'UNCLOSED_BRACE'
}

/** The two sides of `name = value` within a range of a text, without blanks; undefined when it does not have that form. */
export function readNameValue(text: string, range: Range): { readonly name: Range; readonly value: Range } | undefined {
  const { start, end } = trimRange(text, range)
  let nameEnd = start
  while (nameEnd < end && text[nameEnd] !== '=' && !isSpace(text[nameEnd])) nameEnd++
  let equals = nameEnd
  while (equals < end && isSpace(text[equals])) equals++
  if (nameEnd === start || equals === end || text[equals] !== '=') return undefined
  return { name: { start, end: nameEnd }, value: trimRange(text, { start: equals + 1, end }) }
}

function trimRange(text: string, { start, end }: Range): Range {
  while (start < end && isSpace(text[start])) start++
  while (end > start && isSpace(text[end - 1])) end--
  return { start, end }
}
