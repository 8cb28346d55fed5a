/**
 * Text as man(7) wants it: every character that groff or mandoc would interpret is escaped, and lines are short enough for
 * `mandoc -T lint`. Text must be ASCII, so that a page reads the same in every locale.
 */

/** A piece of text in one font. In the manuals of Postfix bold is what is typed, and italics are what stands for something else. */
export interface Span {
  readonly text: string
  readonly font?: 'bold' | 'italic'
}

const FONTS = { bold: '\\fB', italic: '\\fI' } as const

/** mandoc warns of longer ones. Bytes. */
const LINE = 80

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

/** Characters of our pages outside ASCII, and what is written in a manual page. */
const ASCII: Readonly<Record<string, string>> = { '…': '...' }

/** Throws on a character that is neither ASCII nor in the table. */
export function escapeText(text: string): string {
  return text
    .replace(/[\\'`^~-]/g, (mark) => ESCAPES[mark] ?? mark)
    .replace(/[^\n\x20-\x7e]/gu, (mark) => {
      const written = ASCII[mark]
      if (written === undefined) throw new Error(`a manual page cannot show ${JSON.stringify(mark)} in ${text}`)
      return written
    })
}

/** The lines of a paragraph. */
export function fillLines(spans: readonly Span[]): string {
  const source = spans
    .map(({ text, font }) => (font === undefined ? escapeText(text) : `${FONTS[font]}${escapeText(text)}\\fR`))
    .join('')
  const lines: string[] = []
  for (const word of source.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > LINE) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map(protect).join('\n')
}

/** The lines of an example, as they are. */
export function keepLines(text: string): string {
  return escapeText(text.trimEnd()).split('\n').map(protect).join('\n')
}

/** A line that begins with a control character would be a request. */
function protect(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line
}
