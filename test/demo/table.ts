/** Prints the results of the demo: a table with the outcome for each message, and the header fields that were added. */
import type { MailResult } from './result.js'

/** What every scanner writes into the header of a message that it has seen. */
const SEEN = ['X-Virus-Scanned', 'X-Spam-Status']

/** Whether a message had the expected outcome, its body is unchanged, and it is not delivered unscanned. */
export function isRight({ mail, outcome, sameBody, added }: MailResult): boolean {
  const seen = SEEN.every((name) => added.some((field) => field.startsWith(`${name}: `)))
  return outcome === mail.expected && sameBody && (seen || outcome !== 'delivered')
}

export function printTable(results: readonly MailResult[]): string {
  const rows = results.map((result) => [
    result.mail.name,
    String(result.mail.bytes.length),
    result.outcome + (result.outcome === result.mail.expected ? '' : ` (should be ${result.mail.expected})`),
    (result.milliseconds / 1000).toFixed(1),
    result.sameBody ? 'identical' : 'NOT IDENTICAL',
    result.reason,
  ])
  const lines = [['message', 'bytes', 'outcome', 'seconds', 'body', 'because'], ...rows]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

export function printAdded(results: readonly MailResult[]): string {
  const delivered = results.filter(({ outcome }) => outcome === 'delivered')
  return delivered
    .flatMap(({ mail, added }) => [`Added to the header of "${mail.name}":`, ...added.map((line) => `  ${line}`)])
    .join('\n')
}
