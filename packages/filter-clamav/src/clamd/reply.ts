/**
 * Parses clamd's reply to INSTREAM (clamd(8), COMMANDS). Only one exact text means clean. A text that is not known is
 * `unknown`, so that a new or broken reply is never taken for a clean one.
 *
 * There are two kinds of errors. One is about clamd, such as no memory or a full disk, and may pass. The other is about the
 * bytes, such as more than StreamMaxLength, and comes again for the same bytes. A sender can cause the second kind at will, so
 * it is `unscannable` and not `error`, for which the message would be retried.
 */

export type Reply =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly name: string }
  /** clamd cannot scan all of these bytes, and a retry would not change that. */
  | { readonly kind: 'unscannable'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string }

/** With `ExtendedDetectionInfo yes` (clamd.conf(5)) the name is followed by `(digest:size)`. */
const FOUND = /^stream: (?<name>\S.*?)(?:\([0-9a-f]*:[0-9]+\))? FOUND$/s

/** Some versions of clamd, 0.105 for one, print this instead of a name when a limit is exceeded (AlertExceedsMax). */
const NAMELESS = '(null)'

/**
 * The errors about the bytes: clamd's own error of INSTREAM, and the texts of cl_strerror() in libclamav for limits and for
 * data that cannot be read. Some versions of clamd print the name of the error code instead.
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

/** Whether the reply is an error. */
export function isError(text: string): boolean {
  return text.endsWith(' ERROR')
}

/** Whether clamd does not know the command, or its administrator has disabled it (`EnableVersionCommand no`). */
export function isRefusal(text: string): boolean {
  return text === 'UNKNOWN COMMAND' || text === 'COMMAND UNAVAILABLE'
}

/** Quotes a reply for the text of an error; of a long reply, only the beginning. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text)
}
