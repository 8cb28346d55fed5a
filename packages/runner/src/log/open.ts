/** From the operator's `[log] to` to a log. */
import { openFileLog } from './file-log.js'
import type { Log } from './log.js'
import { openSyslog } from './syslog.js'

/** `to` is `syslog` or an absolute path. */
export function openLog(to: string, name: string): Log {
  return to === 'syslog' ? openSyslog(name) : openFileLog(to, name)
}
