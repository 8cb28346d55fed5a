/**
 * The system log, facility mail, by way of logger(1): Node.js cannot write to a datagram socket such as /dev/log. The
 * child is started at the first line, so a run that has nothing to say does not pay for it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { printLine } from './line.js'
import type { Log, LogLevel } from './log.js'

/** `<PRI>` of RFC 3164 for facility mail, which logger's --prio-prefix reads off each line. */
const PRIORITY: Record<LogLevel, number> = { info: 22, warn: 20, error: 19 }

/** Milliseconds that logger may take to end once its input has. */
const PATIENCE = 2_000

/** `name` is the tag of every line, `candy/pipe` say. */
export function openSyslog(name: string): Log {
  let child: ChildProcess | undefined
  const start = (): ChildProcess => {
    const started = spawn('logger', ['--prio-prefix', '--tag', `${name}[${process.pid}]`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    started.on('error', () => {})
    started.stdin?.on('error', () => {})
    return started
  }
  return {
    write: (level, event, fields) => {
      child ??= start()
      child.stdin?.write(`<${PRIORITY[level]}>${printLine(level, event, fields)}\n`)
    },
    close: () =>
      new Promise((resolve) => {
        if (child === undefined || child.exitCode !== null) return resolve()
        const timer = setTimeout(resolve, PATIENCE)
        child.once('close', () => {
          clearTimeout(timer)
          resolve()
        })
        child.once('error', () => resolve())
        child.stdin?.end()
      }),
  }
}
