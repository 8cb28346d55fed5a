/** The command lines that start candy serve anew: by systemd, by the supervisor that keeps it running, or, without either, by themselves. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { readProcessStat } from '../os/process-stat.js'
import { CANDY } from '../postfix/installation.js'
import { runnerUnitPaths } from '../postfix/runner-start.js'
import { runnerProcesses } from '../postfix/runner-stop.js'
import { hasSystemd } from '../postfix/systemd.js'
import { commandLine } from './command-line.js'
import type { Host } from './host.js'

/** The process ID of init(1). */
const INIT = 1

/** Starts candy serve with new sockets. A process that is left is killed: its mail comes again. */
export async function commandsToStart(host: Host): Promise<readonly string[]> {
  if (hasSystemd()) {
    const units = unitNames(host)
    return [commandLine('systemctl', 'stop', ...units.toReversed()), commandLine('systemctl', 'start', ...units)]
  }
  const left = await runnerProcesses(host.instance)
  const all = left.flatMap((pid) => [pid, ...childrenOf(pid)])
  const kill = all.length === 0 ? [] : [commandLine('kill', '-KILL', ...all.map(String))]
  return [...kill, ...(left.some(isSupervised) ? [] : [startUnsupervised(host)])]
}

/** Has candy serve finish its mail, and starts it with the code that is installed now. The sockets of systemd stay open meanwhile. */
export async function commandsToRestart(host: Host): Promise<readonly string[]> {
  if (hasSystemd()) return [commandLine('systemctl', 'restart', ...unitNames(host).slice(-1))]
  const pids = await runnerProcesses(host.instance)
  const end = pids.map((pid) => commandLine('kill', String(pid)))
  if (pids.some(isSupervised)) return end
  // tail(1) waits for the end of the process, since a second one could not bind the sockets.
  return [...end, ...pids.map((pid) => commandLine('tail', `--pid=${pid}`, '-f', '/dev/null')), startUnsupervised(host)]
}

/** The sockets first, the service last. */
function unitNames({ instance }: Host): readonly string[] {
  return runnerUnitPaths(instance.configDirectory).map((path) => basename(path))
}

/** Whether another process than init(1) has started it, which will start it again. candy that root has typed is no such process. */
function isSupervised(pid: number): boolean {
  const parent = readProcessStat(pid)?.parent ?? INIT
  if (parent === INIT) return false
  return commandOf(parent).includes(CANDY) ? isSupervised(parent) : true
}

function commandOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** The command returns at once, and what it starts outlives the terminal. */
function startUnsupervised({ candy }: Host): string {
  return `${commandLine('setsid', '--fork')} ${candy('serve')} </dev/null >/dev/null 2>&1`
}

/** The processes that a process has started: a worker that hangs would keep the sockets. */
function childrenOf(parent: number): readonly number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => readProcessStat(pid)?.parent === parent)
}
