/**
 * What clamd answers (clamd(8), COMMANDS), as a closed union. Only one exact text means clean; whatever is not known is
 * `unknown`, so that no new or broken reply can be taken for a clean one.
 */

export type Reply =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly name: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string }

/** With `ExtendedDetectionInfo yes` (clamd.conf(5)) the name is followed by `(digest:size)`. */
const FOUND = /^stream: (?<name>\S.*?)(?:\([0-9a-f]*:[0-9]+\))? FOUND$/s

/** Reads the reply to INSTREAM, without the NUL that ends it. */
export function parseReply(text: string): Reply {
  if (text === 'stream: OK') return { kind: 'clean' }
  const name = FOUND.exec(text)?.groups?.name
  if (name !== undefined) return { kind: 'found', name }
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
