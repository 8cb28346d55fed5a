/** Parses clamd's reply to VERSION: `ClamAV 1.4.6/27000/Fri Nov 20 08:30:00 2026`, or only `ClamAV 1.4.6`. */

export interface ClamdVersion {
  /** The engine's version, such as `1.4.6`. */
  readonly engine: string
  /** ClamAV's official signatures; absent when clamd has only others. */
  readonly signatures?: {
    readonly version: number
    /** When they were built. clamd prints its local time without a zone; it is read as local time of this host. */
    readonly date: Date
  }
}

const VERSION = /^ClamAV (?<engine>[^/\s]+)(?:\/(?<version>[0-9]+)\/(?<date>.+))?$/
/** The format of asctime(3). */
const DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-3]?[0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}$/

/** Reads the reply to VERSION, without the NUL that ends it; undefined when the text is not a version. */
export function parseVersion(text: string): ClamdVersion | undefined {
  const parts = VERSION.exec(text)?.groups
  if (parts?.engine === undefined) return undefined
  const date = new Date(DATE.test(parts.date ?? '') ? (parts.date ?? '') : Number.NaN)
  if (Number.isNaN(date.getTime())) return { engine: parts.engine }
  return { engine: parts.engine, signatures: { version: Number(parts.version), date } }
}
