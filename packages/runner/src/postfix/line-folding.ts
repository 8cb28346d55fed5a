/** Long lines of a new master.cf entry, folded for the person who reads the diff. What the entry means stays the same. */
import { type Edit, parse } from '@candy/master-cf'

const WIDTH = 80

/** Folds the texts that edits put in. */
export function foldEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.map((edit) => ({ ...edit, text: foldLines(edit.text) }))
}

/** The same for one text. */
export function foldLines(text: string): string {
  const folded = text
    .split('\n')
    .map((line) => (/^ +[^-\s]/.test(line) && line.length > WIDTH ? foldLine(line) : line))
    .join('\n')
  return meaning(folded) === meaning(text) ? folded : text
}

/** A macro stays on the line of its option: `--id ${queue_id}`. */
function foldLine(line: string): string {
  const words = line.trim().split(/ (?!\$)/)
  const lines: string[] = []
  let current = ' '
  for (const word of words) {
    if (current.trim() !== '' && (current.length + word.length >= WIDTH || word.startsWith('argv='))) {
      lines.push(current)
      current = '   '
    }
    current += ` ${word}`
  }
  return [...lines, current].join('\n')
}

/** Blanks within braces mean something. */
function meaning(text: string): string {
  return JSON.stringify(parse(text).entries.map(({ argv }) => argv))
}
