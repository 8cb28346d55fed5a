/**
 * The processes of Postfix that still work by an older configuration: an smtpd(8) or pickup(8) that was started before a
 * reload goes on as it was until its client is done, and what it puts into the queue names the filter of that time.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProcessStat } from '../os/process-stat.js'

export interface Process {
  readonly pid: number
  readonly name: string
  /** In clock ticks since the machine started: tells it from a later process with the same number. */
  readonly started: string
}

const RECEIVERS = ['smtpd', 'pickup', 'qmqpd']

/** Services whose clients are candy itself: what comes in there has been judged already. */
const WAY_BACK = /^candy-(?:in|proof)(?:-|$)/

/**
 * The processes of an instance that take new mail now. Empty when its master(8) isn't running, or without /proc (proc(5)).
 */
export function receivers(queueDirectory: string): readonly Process[] {
  const master = Number(readText(join(queueDirectory, 'pid/master.pid')))
  if (!(master > 0)) return []
  return pids().flatMap((pid) => {
    const process = readProcessStat(pid)
    if (process?.parent !== master || !RECEIVERS.includes(process.name)) return []
    if (WAY_BACK.test(serviceOf(pid) ?? '')) return []
    const { name, started } = process
    return [{ pid, name, started }]
  })
}

/** Those that still run. */
export function running(processes: readonly Process[]): readonly Process[] {
  return processes.filter(({ pid, started }) => readProcessStat(pid)?.started === started)
}

/** master(8) tells each process the name of its service: `smtpd -n candy-in -t unix ...` (master_ent.c). */
function serviceOf(pid: number): string | undefined {
  const words = readText(`/proc/${pid}/cmdline`)?.split('\0') ?? []
  return words[words.indexOf('-n') + 1]
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
