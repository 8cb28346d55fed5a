/** The errors that filters and the runner throw, with a closed set of codes. A decision about mail is a verdict, and not an error. */

/** All codes; docs/errors.md explains each. */
export const ERROR_CODES = [
  'CONFIG',
  'CONTENT',
  'DEADLINE',
  'HEADER_LIMIT',
  'HEADER_VALUE',
  'NEXT_HOP',
  'QUARANTINE',
  'SCANNER_LIMIT',
  'SCANNER_OUTDATED',
  'SCANNER_PROTOCOL',
  'SCANNER_UNREACHABLE',
  'SPOOL',
  'VERDICT',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** An error with a code. Test `error.code`, never `instanceof`, since two copies of this package may be installed in one tree. */
export class CandyError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CandyError'
    this.code = code
  }
}
