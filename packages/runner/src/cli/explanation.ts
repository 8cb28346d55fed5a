/** What a person or a program is told of an error, and the exit status: a stack trace only for what is a fault of candy's own. */
import { asSystemError, type SystemError } from '../os/system-error.js'
import { EX_CONFIG, EX_IOERR, EX_NOINPUT, EX_NOPERM, EX_OSERR, EX_SOFTWARE, EX_UNAVAILABLE } from './exit-status.js'
import { Failure } from './failure.js'

export interface Explanation {
  readonly status: number
  readonly text: string
}

const SYSTEM_STATUSES: Readonly<Record<SystemError['kind'], number>> = {
  input: EX_NOINPUT,
  rights: EX_NOPERM,
  disk: EX_IOERR,
  system: EX_OSERR,
}

export function explain(error: unknown): Explanation {
  if (error instanceof Failure) return { status: error.status, text: error.message }
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (code === 'CONFIG') return { status: EX_CONFIG, text: message }
  const system = asSystemError(error)
  if (system !== undefined) return { status: SYSTEM_STATUSES[system.kind], text: system.text }
  // Errors of candy's own have codes, and texts for people (docs/errors.md).
  if (code !== undefined && /^[A-Z][A-Z_]+$/.test(code) && !code.startsWith('ERR_')) {
    return { status: EX_UNAVAILABLE, text: message }
  }
  return { status: EX_SOFTWARE, text: `this is a fault in candy; please report it\n${stack ?? String(error)}` }
}
