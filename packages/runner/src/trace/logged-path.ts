/**
 * Addresses in lines of Postfix: `<` ADDRESS `>`, where a quoted local part may contain anything, also `>` and a text that looks
 * like the rest of the line (RFC 5321 §4.1.2; Postfix quotes as info_log_addr_form in postconf(5) says).
 */

export interface LoggedPath {
  readonly address: string
  /** Where the text goes on behind `>`. */
  readonly end: number
}

const PATH = /<((?:"(?:[^"\\]|\\.)*"|[^">])*)>/y

/** The path that stands at `start`; undefined when none does. */
export function readPath(text: string, start: number): LoggedPath | undefined {
  PATH.lastIndex = start
  const address = PATH.exec(text)?.[1]
  return address === undefined ? undefined : { address, end: PATH.lastIndex }
}

/** The path behind a word such as `to=` that stands at `start`. */
export function readPathAfter(word: string, text: string, start: number): LoggedPath | undefined {
  return text.startsWith(word, start) ? readPath(text, start + word.length) : undefined
}
