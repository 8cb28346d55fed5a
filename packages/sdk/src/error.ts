/** What can go wrong in the world around a filter, as a closed set of codes. Decisions about mail are verdicts, not errors. */

/** The codes; docs/errors.md has a sentence on each. */
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

/** An error with a code. Test `error.code`, never `instanceof`: two copies of this package may live in one tree. */
export class CandyError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CandyError'
    this.code = code
  }
}
