/** The problems of a master.cf, and the reasons to refuse an edit, as two closed sets of codes. */

/** Problems of the file's text. `parse` collects them; an edit of an entry that has one is refused. */
export type ProblemCode =
  | 'BAD_ADDRESS'
  | 'BAD_BOOLEAN'
  | 'BAD_COMMAND'
  | 'BAD_MAXPROC'
  | 'BAD_OPTION'
  | 'BAD_TYPE'
  | 'BAD_WAKEUP'
  | 'BRACE_IN_FIELD'
  | 'INET_PRIVATE'
  | 'LEADING_BLANK'
  | 'MISSING_FIELD'
  | 'NUL_BYTE'
  | 'TEXT_AFTER_BRACE'
  | 'UNCLOSED_BRACE'

/** Why an edit or a write was refused: a problem of the file, or one of these reasons. */
export type ErrorCode =
  | ProblemCode
  | 'BAD_VALUE'
  | 'FILE_CHANGED'
  | 'FILE_LOCKED'
  | 'OVERLAPPING_EDITS'
  | 'SERVICE_EXISTS'
  | 'SERVICE_MISSING'

/** A position in the file. Line and column count from 1; the column is in bytes. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One problem of the file. Postfix refuses most of these too. */
export interface Problem extends Position {
  readonly code: ProblemCode
  readonly message: string
}

/** An edit or a write was refused, and nothing was changed. Test `error.code`, not `instanceof`. */
export class MasterCfError extends Error {
  readonly code: ErrorCode
  /** The line in the file, counted from 1; absent when the error has no position. */
  readonly line: number | undefined
  readonly column: number | undefined

  constructor(code: ErrorCode, message: string, position?: Position) {
    super(message)
    this.name = 'MasterCfError'
    this.code = code
    this.line = position?.line
    this.column = position?.column
  }
}
