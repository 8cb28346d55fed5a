/** From what goes wrong with a spamd to the errors that a runner knows. */
import { CandyError, type ErrorCode } from '@candy/sdk'
import { type FaultKind, SpamdFault } from './spamd/fault.js'

const CODES: Readonly<Record<FaultKind, ErrorCode>> = {
  unreachable: 'SCANNER_UNREACHABLE',
  protocol: 'SCANNER_PROTOCOL',
  limit: 'SCANNER_LIMIT',
}

/** Settles as `asking` does, but throws a CandyError for every `SpamdFault`. */
export async function withCode<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking
  } catch (error) {
    if (!(error instanceof SpamdFault)) throw error
    throw new CandyError(CODES[error.kind], `spamd at ${error.message}`, { cause: error })
  }
}

/** Whether a spamd gave up at a limit of its own: about this message, not about spamd. */
export function isLimit(error: unknown): error is CandyError {
  return error instanceof Error && 'code' in error && error.code === 'SCANNER_LIMIT'
}
