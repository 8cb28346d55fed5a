/** The text that `candy status` prints. Names and texts in it may come from whoever has the rights of candy, so they are made printable. */
import { printable } from '@candy/sdk'
import type { CountsByName, FilterSummary, Summary } from '../history/counts.js'
import type { LatencySummary } from '../history/latencies.js'
import type { WindowName } from '../history/windows.js'
import { counted } from '../log/counting.js'
import { localTime } from '../os/local-time.js'
import type { HealthRound, StatusAnswer } from '../service/control-message.js'
import { printTable } from './table.js'

const WINDOW_NAMES: readonly WindowName[] = ['minute', 'hour', 'day']

export type WindowSummaries = Readonly<Record<WindowName, Summary>>

/** What a running service tells. */
export function printStatus(status: StatusAnswer): string {
  const { health, history } = status
  const warnings = [
    ...(history.error === undefined ? [] : [`the history cannot be read: ${printable(history.error)}`]),
    ...(history.damaged === 0
      ? []
      : [
          `${counted(history.damaged, 'line')} of the history ${history.damaged === 1 ? 'is' : 'are'} damaged, and not counted`,
        ]),
  ]
  const parts = [
    [...serviceLines(status), ...warnings.map((line) => `warning: ${line}`)].join('\n'),
    printWindows(status.windows),
    ...(health === undefined || health.filters.length === 0 ? [] : [printHealth(health)]),
  ]
  return parts.join('\n\n')
}

/** What became of mail. Rows in which nothing was counted are left out. */
export function printWindows(windows: WindowSummaries): string {
  const all = WINDOW_NAMES.map((name) => windows[name])
  const names = [...new Set(all.flatMap(({ filters }) => filters.map(({ name }) => name)))].toSorted()
  const rows = [
    row('messages', all, ({ messages }) => messages),
    ...countRows('  ', all, ({ actions }) => actions),
    ...countRows('  deferred: ', all, ({ deferrals }) => deferrals),
    row('  bytes', all, ({ bytes }) => printBytes(bytes)),
    latencyRow('  p50 / p95 / p99', all, ({ milliseconds }) => milliseconds),
    ...names.flatMap((name) => filterRows(name, all)),
  ]
  return printTable(['last', ...WINDOW_NAMES], rows)
}

function filterRows(name: string, all: readonly Summary[]): readonly Row[] {
  const filters = all.map((summary) => summary.filters.find((filter) => filter.name === name))
  return [
    [printable(name), '', '', ''],
    ...countRows('  ', filters, verdictsOf),
    ...countRows('  error: ', filters, (filter) => filter?.errors ?? {}),
    latencyRow('  p50 / p95 / p99', filters, (filter) => filter?.milliseconds),
  ]
}

/** Errors have a row for each code. */
function verdictsOf(filter: FilterSummary | undefined): CountsByName {
  const { error: _, ...verdicts } = filter?.verdicts ?? {}
  return verdicts
}

type Row = readonly string[]

function row<T>(head: string, all: readonly T[], cell: (one: T) => string | number): Row {
  return [head, ...all.map((one) => String(cell(one)))]
}

function countRows<T>(indent: string, all: readonly T[], countsOf: (one: T) => CountsByName): readonly Row[] {
  const names = [...new Set(all.flatMap((one) => Object.keys(countsOf(one))))].toSorted()
  return names.map((name) => row(`${indent}${printable(name)}`, all, (one) => countsOf(one)[name] ?? 0))
}

function latencyRow<T>(head: string, all: readonly T[], latencyOf: (one: T) => LatencySummary | undefined): Row {
  return row(head, all, (one) => {
    const latency = latencyOf(one)
    return latency === undefined ? '' : `${latency.p50} / ${latency.p95} / ${latency.p99} ms`
  })
}

function serviceLines(status: StatusAnswer): readonly string[] {
  const { pid, started, inForce, lastReload, workers, spool, quarantine, disk } = status
  const filters = inForce.filters.map(({ name }) => printable(name)).join(', ') || 'no filters, mail passes unfiltered'
  const from = inForce.configuration === 'files' ? '' : ' (the last that was good before the service was started)'
  const deaths = workers.deaths === 0 ? '' : `, ${workers.deaths} ${workers.deaths === 1 ? 'has' : 'have'} died`
  return [
    `candy serve: process ${pid}, since ${printTime(started)}`,
    `in force: generation ${inForce.generation}${from}, since ${printTime(inForce.since)}: ${filters}`,
    ...(lastReload === undefined
      ? []
      : [`last reload: ${printTime(lastReload.time)}, ${resultOf(lastReload.reloaded)}`]),
    ...(lastReload?.problems ?? []).map((problem) => `  ${printable(problem)}`),
    `workers: ${workers.active} active, ${workers.standby} standing by, ${counted(workers.sessions, 'session')}${deaths}`,
    [
      ...(quarantine
        ? [`quarantine: ${counted(quarantine.messages, 'message')}, ${printBytes(quarantine.bytes)}`]
        : []),
      `spool: ${printBytes(spool.bytes)}`,
      ...(disk ? [`free on the disk: ${printBytes(disk.free)}`] : []),
    ].join('; '),
  ]
}

function resultOf(reloaded: boolean): string {
  return reloaded ? 'in force' : 'refused'
}

function printHealth({ checked, filters }: HealthRound): string {
  const rows = filters.map(({ name, ok, text, details = {} }) => {
    const from = details.signatures_from
    const age = typeof from === 'string' ? printAge(Date.now() - Date.parse(from)) : ''
    return [printable(name), ok ? 'ok' : 'FAULT', age, printable(text)]
  })
  return printTable(['filter', 'state', 'signatures', `asked ${agoOf(Date.now() - Date.parse(checked))}`], rows)
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `1.4 GB`, in powers of 1000. */
export function printBytes(bytes: number): string {
  const power = Math.min(bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3), UNITS.length - 1)
  const value = bytes / 1000 ** power
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`
}

function printTime(time: string): string {
  return printable(localTime(time))
}

/** `7 minutes ago`. What is said of a scanner holds for the time when it was asked. */
function agoOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000))
  if (!Number.isFinite(seconds)) return ''
  return `${seconds < 60 ? counted(seconds, 'second') : counted(Math.floor(seconds / 60), 'minute')} ago`
}

/** `5 h old`; empty for what is no number. */
function printAge(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return ''
  const hours = Math.max(0, Math.floor(milliseconds / 3_600_000))
  return hours < 48 ? `${hours} h old` : `${counted(Math.floor(hours / 24), 'day')} old`
}
