/**
 * Turns the error that ended a command into a text for the person who typed the command and an exit status. A stack trace is
 * printed only for a bug in candy itself.
 */
import { asSystemError, type SystemError } from '../os/system-error.js'

/** Exit statuses, named as in sysexits(3). `candy pipe` has its own, stricter set. */
export const EX_OK = 0
export const EX_USAGE = 64
export const EX_NOINPUT = 66
export const EX_UNAVAILABLE = 69
export const EX_SOFTWARE = 70
export const EX_OSERR = 71
export const EX_IOERR = 74
export const EX_TEMPFAIL = 75
export const EX_NOPERM = 77
export const EX_CONFIG = 78

/** The reason why a command cannot go on, with an exit status that does not follow from the kind of error. */
export class Failure extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The text that is printed for an error, and the exit status. */
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

/** The text and the exit status for any error. */
export function explain(error: unknown): Explanation {
  if (error instanceof Failure) return { status: error.status, text: error.message }
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (code === 'CONFIG') return { status: EX_CONFIG, text: message }
  const system = asSystemError(error)
  if (system !== undefined) return { status: SYSTEM_STATUSES[system.kind], text: system.text }
  // Candy's own errors have a code, and a text that is meant for people (docs/errors.md).
  if (code !== undefined && /^[A-Z][A-Z_]+$/.test(code) && !code.startsWith('ERR_')) {
    return { status: EX_UNAVAILABLE, text: message }
  }
  return { status: EX_SOFTWARE, text: `this is a bug in candy; please report it\n${stack ?? String(error)}` }
}
