/**
 * SMTP commands (RFC 5321 §4.1.1). A command keeps the bytes of its line: they are sent to the next hop as they came, perhaps
 * again on another connection. What is parsed is never written.
 */

export interface Command {
  /** In upper case: `MAIL`. */
  readonly verb: string
  /** The line without its CRLF, as it came. */
  readonly line: Buffer
}

/** RFC 5321 §4.1.1: verb, blank, argument. */
export function parseCommand(line: Buffer): Command {
  const blank = line.indexOf(0x20)
  return { verb: line.toString('latin1', 0, blank === -1 ? line.length : blank).toUpperCase(), line }
}

/** What stands behind the verb, read as Latin-1. */
export function argumentOf({ verb, line }: Command): string {
  return line.toString('latin1', verb.length).trim()
}

/**
 * The address in MAIL or RCPT, read as UTF-8 (RFC 6531), without angle brackets and source route (RFC 5321 §4.1.2,
 * appendix C). A quoted local part may hold any of them.
 */
export function addressIn({ line }: Command): string {
  const text = line.toString('utf8')
  const path = /^[^:]*: *<(?:@[^:>"]*:)?((?:"(?:[^"\\]|\\.)*"|[^">])*)>/.exec(text)?.[1]
  return path ?? /^[^:]*: *([^ <>]*)/.exec(text)?.[1] ?? ''
}

/** A MAIL or RCPT command, cut behind its path: one character a byte (Latin-1), as that keeps every byte. */
export function pathAndParameters(line: Buffer): { readonly path: string; readonly parameters: readonly string[] } {
  const text = line.toString('latin1')
  const path = /^[^:]*: *(?:<(?:"(?:[^"\\]|\\.)*"|[^">])*>|[^ ]*)/.exec(text)?.[0] ?? text
  return { path, parameters: text.slice(path.length).split(' ').filter(Boolean) }
}
