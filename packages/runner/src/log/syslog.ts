/**
 * The system log, facility mail, through logger(1): Node.js cannot write to a datagram socket such as /dev/log. logger is started
 * at the first line, so that a run without any does not pay for it, and again when it has exited; but not once the log is
 * closed, since nothing would end it then and the process would wait for it for ever.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { LINE_LIMIT, printLine } from './line.js'
import type { Log, LogFields, LogLevel } from './log.js'

/** `<PRI>` of RFC 3164 for facility mail, which logger's --prio-prefix reads off each line. */
const PRIORITY: Record<LogLevel, number> = { info: 22, warn: 20, error: 19 }

/** Milliseconds that logger may take to exit once its input has ended. */
const EXIT_TIMEOUT = 2_000

/** A logger that exits within so many milliseconds is broken, and is not started again for `RESTART_PAUSE` milliseconds. */
const BROKEN_WITHIN = 1_000
const RESTART_PAUSE = 5_000

interface Logger {
  readonly process: ChildProcessByStdio<Writable, null, null>
  /** Makes the next line start another logger. */
  forget(): void
}

/** `name` is the tag of every line, such as `candy/pipe`. Lines that logger does not accept go to `fallback`. */
export function openSyslog(name: string, fallback: Log): Log {
  let logger: Logger | undefined
  let notBefore = 0
  let closed = false

  const start = (): Logger => {
    const startedAt = performance.now()
    const options = ['--prio-prefix', '--size', String(LINE_LIMIT + 100), '--tag', `${name}[${process.pid}]`]
    const child = spawn('logger', options, { stdio: ['pipe', 'ignore', 'ignore'] })
    const forget = (): void => {
      if (logger?.process !== child) return
      logger = undefined
      if (performance.now() - startedAt < BROKEN_WITHIN) notBefore = performance.now() + RESTART_PAUSE
    }
    child.once('error', forget)
    child.once('exit', forget)
    child.stdin.on('error', forget)
    return { process: child, forget }
  }
  /** `again`: whether another logger may be tried when this one does not accept the line. */
  const send = (level: LogLevel, event: string, fields: LogFields | undefined, again: boolean): void => {
    if (logger === undefined && !closed && performance.now() >= notBefore) logger = start()
    const used = logger
    if (!used?.process.stdin.writable) {
      fallback.write(level, event, fields)
      return
    }
    used.process.stdin.write(`<${PRIORITY[level]}>${printLine(level, event, fields)}\n`, (error) => {
      if (!error) return
      // This is heard of before its end is.
      used.forget()
      if (again) send(level, event, fields, false)
      else fallback.write(level, event, fields)
    })
  }
  return {
    write: (level, event, fields) => send(level, event, fields, true),
    close: async () => {
      closed = true
      if (logger !== undefined) await ended(logger.process)
      await fallback.close()
    },
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, EXIT_TIMEOUT)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    child.once('close', end)
    child.once('error', end)
    child.stdin?.end()
  })
}
