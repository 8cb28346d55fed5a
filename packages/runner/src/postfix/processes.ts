/**
 * Finds the processes of Postfix that receive new mail. An smtpd(8) or pickup(8) that was started before a reload keeps the old
 * configuration until its client is done, and the queue files that it writes name the filter of the old configuration.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProcessStat } from '../os/process-stat.js'

export interface Process {
  readonly pid: number
  readonly name: string
  /** When it started, in clock ticks since the machine booted: distinguishes it from a later process with the same number. */
  readonly started: string
}

const RECEIVERS = ['smtpd', 'pickup', 'qmqpd']

/** Services whose only client is candy: mail that comes in there has been judged already. */
const REINJECTION_SERVICE = /^candy-(?:in|proof)(?:-|$)/

/** The processes of an instance that receive new mail now. Empty when its master(8) does not run, or without /proc (proc(5)). */
export function receivers(queueDirectory: string): readonly Process[] {
  const master = Number(readText(join(queueDirectory, 'pid/master.pid')))
  if (!(master > 0)) return []
  return pids().flatMap((pid) => {
    const process = readProcessStat(pid)
    if (process?.parent !== master || !RECEIVERS.includes(process.name)) return []
    if (REINJECTION_SERVICE.test(serviceOf(pid) ?? '')) return []
    const { name, started } = process
    return [{ pid, name, started }]
  })
}

/** Those of the processes that still run. */
export function running(processes: readonly Process[]): readonly Process[] {
  return processes.filter(({ pid, started }) => readProcessStat(pid)?.started === started)
}

/** The service of a process, which master(8) puts on its command line: `smtpd -n candy-in -t unix ...` (master_ent.c). */
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
