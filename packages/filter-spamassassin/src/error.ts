/** Turns the errors of asking a spamd into errors with the codes that a runner knows. */
import { CandyError, type ErrorCode } from '@candy/sdk'
import { SpamdError, type SpamdErrorCode } from './spamd/error.js'

const CODES: Readonly<Record<SpamdErrorCode, ErrorCode>> = {
  UNREACHABLE: 'SCANNER_UNREACHABLE',
  PROTOCOL: 'SCANNER_PROTOCOL',
  LIMIT: 'SCANNER_LIMIT',
}

/** Awaits `asking`. Throws a CandyError in place of a `SpamdError`. */
export async function withCode<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking
  } catch (error) {
    if (!(error instanceof SpamdError)) throw error
    throw new CandyError(CODES[error.code], `spamd at ${error.message}`, { cause: error })
  }
}

/** Whether spamd gave up at one of its own limits: it would give up on this message again, but it can scan others. */
export function isLimit(error: unknown): error is CandyError {
  return error instanceof Error && 'code' in error && error.code === 'SCANNER_LIMIT'
}
