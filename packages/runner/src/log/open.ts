/** Opens the log that `[log] to` in candy.toml names. */
import { CandyError } from '@candy/sdk'
import { openFileLog } from './file-log.js'
import type { Log } from './log.js'
import { openStreamLog } from './stream-log.js'
import { openSyslog } from './syslog.js'

export interface LogOptions {
  /** `syslog`, `stderr` or an absolute path. */
  readonly to: string
  /** Stands in every line: `candy/serve`. */
  readonly name: string
  /** Where lines go when they cannot be written; default: standard error. */
  readonly fallback?: Log
}

/** Throws `CONFIG`, with what to do about it, when the log is a file that cannot be opened for writing. */
export function openLog({ to, name, fallback = openStreamLog(process.stderr) }: LogOptions): Log {
  if (to === 'stderr') return openStreamLog(process.stderr, name)
  return to === 'syslog' ? openSyslog(name, fallback) : openFile(to, name, fallback)
}

function openFile(path: string, name: string, fallback: Log): Log {
  try {
    return openFileLog(path, name, fallback)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const remedy =
      code === 'ENOENT'
        ? `make its directory for the account candy: install -d -o candy -g candy -m 750 ${JSON.stringify(directoryOf(path))}`
        : 'let the account candy write it, or name another file'
    throw new CandyError('CONFIG', `candy.toml: log.to: ${path} cannot be written (${message}): ${remedy}`)
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
