/**
 * The header fields that tell a mail client what SpamAssassin thinks, named and written as SpamAssassin does it
 * (Mail::SpamAssassin::Conf, "add_header"; X-Spam-Score is what everybody adds to the defaults).
 */
import { addHeader, type HeaderEdit } from '@candy/sdk'

/** What the fields say. */
export interface Tagging {
  /** Whether this is spam for the operator. */
  readonly spam: boolean
  readonly score: number
  /** The score from which on it is spam. */
  readonly required: number
  readonly tests: readonly string[]
  /** Bytes that SpamAssassin has seen, and bytes that there are. */
  readonly scanned: number
  readonly size: number
}

/** SpamAssassin writes at most 50 stars, too (Mail::SpamAssassin::PerMsgStatus, _STARS_). */
const MAX_STARS = 50

/** Columns that fill a line with the blank before them (RFC 5322 section 2.1.1). */
const LINE = 77

/** Edits that say what SpamAssassin said. What the sender claimed in these fields is gone before. */
export function scoreEdits(tagging: Tagging): readonly HeaderEdit[] {
  const { spam, scanned, size } = tagging
  const score = tagging.score.toFixed(1)
  const status = `${spam ? 'Yes' : 'No'}, score=${score} required=${tagging.required.toFixed(1)}`
  const stars = '*'.repeat(Math.max(0, Math.min(Math.trunc(tagging.score), MAX_STARS)))
  // Each lands on top of the one before: the flag stands first in the end.
  return [
    ...(scanned < size ? [addHeader('X-Spam-Scanned', `first ${scanned} of ${size} bytes`)] : []),
    addHeader('X-Spam-Status', `${status} ${printTests(tagging.tests)}`),
    ...(stars === '' ? [] : [addHeader('X-Spam-Level', stars)]),
    addHeader('X-Spam-Score', score),
    ...(spam ? [addHeader('X-Spam-Flag', 'YES')] : []),
  ]
}

/** `tests=A,B,C`, with a tab after the comma where a line is full: that is where SpamAssassin folds too. */
function printTests(tests: readonly string[]): string {
  const lines: string[] = []
  let line = `tests=${tests[0] ?? 'none'}`
  for (const test of tests.slice(1)) {
    if (line.length + 2 + test.length > LINE) {
      lines.push(`${line},`)
      line = test
    } else line += `,${test}`
  }
  return [...lines, line].join('\t')
}
