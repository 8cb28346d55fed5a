/**
 * The header fields with the result of the scan, in the form in which SpamAssassin itself writes them
 * (Mail::SpamAssassin::Conf, "add_header"). X-Spam-Score is not among its defaults, but many administrators add it.
 */
import { addHeader, type HeaderEdit } from '@candy/sdk'

/** The values in the header fields. */
export interface Tagging {
  /** Whether the score reaches `required`: the operator's threshold, which may differ from spamd's. */
  readonly spam: boolean
  readonly score: number
  /** The lowest score of spam. */
  readonly required: number
  readonly tests: readonly string[]
  /** Bytes of the message that SpamAssassin scanned, and bytes of the whole message. */
  readonly scanned: number
  readonly size: number
}

/** As in SpamAssassin (Mail::SpamAssassin::PerMsgStatus, _STARS_). */
const MAX_STARS = 50

/** Characters on a line after its leading tab or space: 78 in all (RFC 5322 section 2.1.1). */
const LINE = 77

/** Edits that add the fields. The runner has removed the sender's fields of these names before. */
export function scoreEdits(tagging: Tagging): readonly HeaderEdit[] {
  const { spam, scanned, size } = tagging
  const score = tagging.score.toFixed(1)
  const status = `${spam ? 'Yes' : 'No'}, score=${score} required=${tagging.required.toFixed(1)}`
  const stars = '*'.repeat(Math.max(0, Math.min(Math.trunc(tagging.score), MAX_STARS)))
  // Each field is added above the one before, so X-Spam-Flag becomes the first.
  return [
    ...(scanned < size ? [addHeader('X-Spam-Scanned', `first ${scanned} of ${size} bytes`)] : []),
    addHeader('X-Spam-Status', `${status} ${printTests(tagging.tests)}`),
    ...(stars === '' ? [] : [addHeader('X-Spam-Level', stars)]),
    addHeader('X-Spam-Score', score),
    ...(spam ? [addHeader('X-Spam-Flag', 'YES')] : []),
  ]
}

/** `tests=A,B,C`, with a tab after the comma where the field is to be folded. SpamAssassin folds it there, too. */
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
