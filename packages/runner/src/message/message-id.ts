/** The Message-ID of a message (RFC 5322 §3.6.4), for the log: it is what people and other mail systems know a message by. */
import type { Content } from './content.js'

/** Bytes of the header block that are searched; real mail has the field long before. */
const SEARCHED = 65_536

/**
 * The first Message-ID field's value as it stands, one character a byte (Latin-1), with its angle brackets. Undefined where
 * there is none, or where the message cannot be read: a log line is no reason to fail.
 */
export async function messageIdOf(content: Content): Promise<string | undefined> {
  try {
    const block = await content.headers()
    const text = Buffer.from(block.buffer, block.byteOffset, Math.min(block.length, SEARCHED)).toString('latin1')
    const value = /^message-id[ \t]*:(?:[ \t]|\r\n[ \t])*([^\r\n]*)/im.exec(text)?.[1]?.trimEnd()
    return value === '' ? undefined : value
  } catch {
    return undefined
  }
}
