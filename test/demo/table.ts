/** The demo's last word: a table of what became of each message, and what stands behind it. */
import type { Fate } from './fate.js'

/** What every scanner writes into the header of a message that it has seen. */
const SEEN = ['X-Virus-Scanned', 'X-Spam-Status']

/** Whether a message became what it should, nobody touched its body, and nothing is delivered unscanned. */
export function isRight({ letter, became, sameBody, added }: Fate): boolean {
  const seen = SEEN.every((name) => added.some((field) => field.startsWith(`${name}: `)))
  return became === letter.expected && sameBody && (seen || became !== 'delivered')
}

export function printTable(fates: readonly Fate[]): string {
  const rows = fates.map((fate) => [
    fate.letter.name,
    String(fate.letter.bytes.length),
    fate.became + (fate.became === fate.letter.expected ? '' : ` (should be ${fate.letter.expected})`),
    (fate.milliseconds / 1000).toFixed(1),
    fate.sameBody ? 'identical' : 'NOT IDENTICAL',
    fate.reason,
  ])
  const lines = [['message', 'bytes', 'became', 'seconds', 'body', 'because'], ...rows]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

export function printAdded(fates: readonly Fate[]): string {
  const delivered = fates.filter(({ became }) => became === 'delivered')
  return delivered
    .flatMap(({ letter, added }) => [`Added to the header of "${letter.name}":`, ...added.map((line) => `  ${line}`)])
    .join('\n')
}
