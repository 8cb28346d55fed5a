/** Prints what the doctor has found: as text for a person, and as the one line that Nagios wants (Monitoring Plugins Guidelines). */
import { printable } from '@candy/sdk'
import type { Finding } from '../doctor/finding.js'
import { counted } from '../log/counting.js'

/** The states in the order of the exit statuses. */
const STATES = ['well', 'ailing', 'unknown'] as const

/** What is ailing counts more than what is unknown. */
export function stateOf(findings: readonly Finding[]): Finding['state'] {
  const has = (state: Finding['state']): boolean => findings.some((finding) => finding.state === state)
  if (has('ailing')) return 'ailing'
  return has('unknown') ? 'unknown' : 'well'
}

/** The exit status where nothing is not well but that candy is not enabled. */
const EX_DISABLED = 3

/** The exit status for a person and for a timer. */
export function statusOf(findings: readonly Finding[]): number {
  const notWell = findings.filter(({ state }) => state !== 'well')
  const isDisabled = notWell.length > 0 && notWell.every(({ disabled }) => disabled === true)
  return isDisabled ? EX_DISABLED : STATES.indexOf(stateOf(findings))
}

/** The states of Nagios in the order of its exit statuses. */
const NAGIOS = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const

/** The line, and the exit status that belongs to it. */
export function printForNagios(findings: readonly Finding[]): { readonly line: string; readonly status: number } {
  const state = stateOf(findings)
  const isUrgent = findings.some(({ urgent }) => urgent === true)
  const status = state === 'well' ? 0 : state === 'unknown' ? 3 : isUrgent ? 2 : 1
  const [first, ...others] = inOrder(findings).filter((finding) => finding.state === state)
  const text =
    state === 'well' || first === undefined
      ? `${counted(findings.length, 'check')} ${findings.length === 1 ? 'is' : 'are'} well`
      : `${first.check}: ${first.what}${others.length === 0 ? '' : ` (and ${others.length} more)`}`
  const data = STATES.map((one) => `${one}=${findings.filter((finding) => finding.state === one).length}`).join(' ')
  // A bar would begin the performance data.
  return { line: `CANDY ${NAGIOS[status]} - ${printable(text).replaceAll('|', '/')} | ${data}`, status }
}

/** What is urgent comes first; otherwise the order stays. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => Number(b.urgent ?? false) - Number(a.urgent ?? false))
}

const INDENT = '  '

/**
 * The findings as text, those that are well too unless told otherwise, and how many there are. On a terminal, text is wrapped to its
 * width; commands never are, since they are to be copied.
 */
export function printFindings(
  findings: readonly Finding[],
  { quiet = false }: { readonly quiet?: boolean } = {},
  columns: number | undefined = process.stdout.isTTY ? process.stdout.columns : undefined,
): string {
  const shown = findings.filter(({ state }) => !quiet || state !== 'well')
  const width = Math.max(...shown.map(({ check }) => check.length))
  const lines = shown.flatMap(({ check, state, what, meaning, remedy }) => {
    const label = `${state.padEnd('unknown'.length)}  ${check.padEnd(width)}  `
    const rest = [...(meaning === '' ? [] : [meaning]), ...(remedy.length === 0 ? [] : ['Type:'])]
    return [
      ...wrapped(`${label}${oneLine(what)}`, columns, ' '.repeat(label.length)),
      ...rest.flatMap((text) => wrapped(`${INDENT}${oneLine(text)}`, columns, INDENT)),
      ...remedy.map((command) => `${INDENT}${INDENT}${oneLine(command)}`),
    ]
  })
  return `${[...lines, '', summaryOf(findings)].join('\n')}\n`
}

/** Configuration files may hold any byte, and so may what is said of them. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[^\x20-\x7e]/g, '?')
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length
  return `${count('well')} well, ${count('ailing')} ailing, ${count('unknown')} unknown`
}

/** Breaks a line between words, so that it fits into so many columns. A word that is longer stays whole. */
function wrapped(line: string, columns: number | undefined, indent: string): readonly string[] {
  if (columns === undefined || line.length <= columns) return [line]
  const at = line.lastIndexOf(' ', columns)
  const end = at > indent.length ? at : line.indexOf(' ', columns)
  if (end === -1) return [line]
  return [line.slice(0, end), ...wrapped(`${indent}${line.slice(end + 1)}`, columns, indent)]
}
