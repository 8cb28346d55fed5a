/** From the operator's `[log] to` to a log. */
import { openFileLog } from './file-log.js'
import type { Log, LogLevel } from './log.js'
import { openSyslog } from './syslog.js'

const LEVELS: readonly LogLevel[] = ['info', 'warn', 'error']

/** `to` is `syslog` or an absolute path; `name` stands in every line; what is below `least` is not written. */
export function openLog(to: string, name: string, least: LogLevel = 'info'): Log {
  const log = to === 'syslog' ? openSyslog(name) : openFileLog(to, name)
  return {
    write: (level, event, fields) => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(least)) log.write(level, event, fields)
    },
    close: () => log.close(),
  }
}
