/**
 * What clamd answers (clamd(8), COMMANDS), as a closed union. Only one exact text means clean; whatever is not known is
 * `unknown`, so that no new or broken reply can be taken for a clean one.
 *
 * An error is about clamd (no memory, a full disk) and may pass, or about the bytes (over StreamMaxLength, out of
 * MaxScanTime) and comes again with the same bytes: whoever sends mail can choose the second kind, and must gain nothing by it.
 */

export type Reply =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly name: string }
  /** clamd cannot scan these bytes whole, however often they come. */
  | { readonly kind: 'unscannable'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string }

/** With `ExtendedDetectionInfo yes` (clamd.conf(5)) the name is followed by `(digest:size)`. */
const FOUND = /^stream: (?<name>\S.*?)(?:\([0-9a-f]*:[0-9]+\))? FOUND$/s

/** The name of a finding that has none: some versions, 0.105 for one, print so when a limit is exceeded (AlertExceedsMax). */
const NAMELESS = '(null)'

/**
 * Errors about the bytes: clamd's own of INSTREAM, and of cl_strerror() in libclamav those of limits and of data that cannot
 * be read, with or without the name of their code in front, as versions differ.
 */
const LIMIT =
  /^(?:INSTREAM size limit exceeded\.|stream: (?:CL_(?:ETIMEOUT|EMAXREC|EMAXSIZE|EMAXFILES|EUNPACK|EPARSE|EFORMAT)\b.*|Time limit reached|Exceeded time limit|Exceeded max recursion depth|Exceeded max scan size|Exceeded max scan files|Can't unpack some data|Can't parse data|Bad format or broken data)) ERROR$/s

/** Reads the reply to INSTREAM, without the NUL that ends it. */
export function parseReply(text: string): Reply {
  if (text === 'stream: OK') return { kind: 'clean' }
  const name = FOUND.exec(text)?.groups?.name
  if (name === NAMELESS) return { kind: 'unscannable', text: 'a limit was exceeded' }
  if (name !== undefined) return { kind: 'found', name }
  if (LIMIT.test(text)) return { kind: 'unscannable', text: text.replace(/^stream: | ERROR$/g, '') }
  if (isError(text) || isRefusal(text)) return { kind: 'error', text }
  return { kind: 'unknown', text }
}

/** Whether clamd could not do what it was asked for. */
export function isError(text: string): boolean {
  return text.endsWith(' ERROR')
}

/** Whether clamd does not know the command, or its administrator switched it off (`EnableVersionCommand no`). */
export function isRefusal(text: string): boolean {
  return text === 'UNKNOWN COMMAND' || text === 'COMMAND UNAVAILABLE'
}

/** A reply as the text of an error shows it. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text)
}
