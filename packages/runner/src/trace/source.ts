/** Where log lines come from: a file, or the journal. */

export interface LogSource {
  /** For people: the path of the file. */
  readonly name: string
  /** When it was last written, in milliseconds since 1970: lines without a year are from the year before that. */
  readonly written: number
  /** The `syslog_name` of the instance; given where several instances log to one place. */
  readonly instance?: string | undefined
  /** The lines as they lie there, from the first one; may be called again. Throws SourceError when they cannot be read. */
  read(): AsyncIterable<Uint8Array>
}

/** A source cannot be read; the message says why, and stands behind the name of the source. */
export class SourceError extends Error {
  /** Whether another user may read it. */
  readonly denied: boolean

  constructor(message: string, denied = false) {
    super(message)
    this.denied = denied
  }
}
