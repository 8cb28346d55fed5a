/** Folds long lines of a new master.cf entry, so that a person can read the diff. The meaning of the entry stays the same. */
import { type Edit, parse } from '@candy/master-cf'

const WIDTH = 80

/** Folds the lines that edits insert. */
export function foldEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.map((edit) => ({ ...edit, text: foldLines(edit.text) }))
}

/** Folds the long lines of one text. */
export function foldLines(text: string): string {
  const folded = text
    .split('\n')
    .map((line) => (/^ +[^-\s]/.test(line) && line.length > WIDTH ? foldLine(line) : line))
    .join('\n')
  return meaning(folded) === meaning(text) ? folded : text
}

/** Folds one line. A macro stays on the line of its option: `--id ${queue_id}`. */
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

/** The arguments of each entry, to verify that folding changed none: blanks within braces are significant, for example. */
function meaning(text: string): string {
  return JSON.stringify(parse(text).entries.map(({ argv }) => argv))
}
