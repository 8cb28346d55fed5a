/** What a person or a program is told of an error, and the exit status: a stack trace only for what is a fault of candy's own. */
import { EX_CONFIG, EX_IOERR, EX_NOINPUT, EX_NOPERM, EX_OSERR, EX_SOFTWARE, EX_UNAVAILABLE } from './exit-status.js'
import { Failure } from './failure.js'

export interface Explanation {
  readonly status: number
  readonly text: string
}

/** What the system says when it will not do something (errno(3)), and whose fault that is. */
const SYSTEM_STATUSES: Readonly<Record<string, number>> = {
  EACCES: EX_NOPERM,
  EPERM: EX_NOPERM,
  ENOENT: EX_NOINPUT,
  EISDIR: EX_NOINPUT,
  ENOTDIR: EX_NOINPUT,
  ELOOP: EX_NOINPUT,
  ENOSPC: EX_IOERR,
  EDQUOT: EX_IOERR,
  EROFS: EX_IOERR,
  EIO: EX_IOERR,
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on that file system, then try again',
  EDQUOT: 'make room for its owner, then try again',
  EROFS: 'mount that file system for writing, then try again',
  EACCES: 'run it as root',
  EPERM: 'run it as root',
}

export function explain(error: unknown): Explanation {
  if (error instanceof Failure) return { status: error.status, text: error.message }
  const { code, message, syscall, stack } = error as NodeJS.ErrnoException
  if (code === 'CONFIG') return { status: EX_CONFIG, text: message }
  if (code !== undefined && syscall !== undefined) {
    const hint = HINTS[code]
    return { status: SYSTEM_STATUSES[code] ?? EX_OSERR, text: hint === undefined ? message : `${message}: ${hint}` }
  }
  // Errors of candy's own have codes, and texts for people (docs/errors.md).
  if (code !== undefined && /^[A-Z][A-Z_]+$/.test(code) && !code.startsWith('ERR_')) {
    return { status: EX_UNAVAILABLE, text: message }
  }
  return { status: EX_SOFTWARE, text: `this is a fault in candy; please report it\n${stack ?? String(error)}` }
}
