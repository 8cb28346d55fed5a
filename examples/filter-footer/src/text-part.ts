/**
 * Which parts of a message are the text that its reader sees, and how each of them ends.
 *
 * That is the message itself, the first part of a multipart/mixed (RFC 2046 section 5.1.3) or multipart/related (RFC 2387), and
 * every part of a multipart/alternative (section 5.1.4), however they are nested. What is in any other multipart stays as it is:
 * multipart/signed and multipart/encrypted (RFC 1847) above all, and attached messages too.
 */
import type { MimeNode } from 'mailsplit'
import type { Placed } from './walk.js'

export interface TextPart {
  readonly node: MimeNode
  /** Where its last byte ends, counted from the message's first. */
  readonly end: number
  /** Its last bytes as they are in the message. */
  readonly tail: Buffer
  /** Its last characters, base64 undone. */
  readonly ending: string
  /** Whether it is signed or encrypted in itself, as PGP did before MIME (RFC 9580 section 6.2). */
  readonly armored: boolean
  /** Whether it is base64 that does not come out even (RFC 2045 section 6.8). */
  readonly ragged: boolean
}

const TAIL = 2048
const ARMOR = '-----BEGIN PGP '

const SHOWING = ['mixed', 'related', 'alternative']

/** The parts, from the pieces of a message, without those that are empty. Stops where only attachments can follow. */
export async function textParts(pieces: AsyncIterable<Placed>): Promise<readonly TextPart[]> {
  const children = new Map<MimeNode, number>()
  const shown = new Set<MimeNode>()
  const parts = new Map<MimeNode, Reader>()
  for await (const { type, node, start, bytes } of pieces) {
    if (type === 'node') {
      const { parentNode: parent } = node
      const index = parent ? (children.get(parent) ?? 0) : 0
      if (parent) children.set(parent, index + 1)
      if (parent && !parent.parentNode && parent.multipart === 'mixed' && index > 0) break
      const first = !parent || (shown.has(parent) && (parent.multipart === 'alternative' || index === 0))
      if (first && (isText(node) || SHOWING.includes(String(node.multipart)))) shown.add(node)
    } else if (type === 'body' && shown.has(node)) {
      const part = parts.get(node) ?? new Reader(node)
      part.read(start, bytes)
      parts.set(node, part)
    }
  }
  return [...parts.values()]
}

function isText({ contentType, disposition, filename }: MimeNode): boolean {
  return /^text\/(plain|html)$/.test(String(contentType)) && disposition !== 'attachment' && !filename
}

/** Reads a part and remembers how it ends. */
class Reader implements TextPart {
  readonly node: MimeNode
  end = 0
  tail: Buffer = Buffer.alloc(0)
  ending = ''
  armored = false
  ragged = false
  #digits = ''
  #padded = false
  #broken = false

  constructor(node: MimeNode) {
    this.node = node
  }

  read(start: number, bytes: Buffer): void {
    this.end = start + bytes.length
    this.tail = Buffer.concat([this.tail, bytes]).subarray(-TAIL)
    const text = this.ending + (this.node.encoding === 'base64' ? this.#decode(bytes) : bytes.toString('latin1'))
    this.armored ||= text.includes(ARMOR)
    this.ending = text.slice(-ARMOR.length)
  }

  /** Four digits are three bytes; "=" fills up the last four, and there alone it may stand. Others are no digits. */
  #decode(bytes: Buffer): string {
    const digits = this.#digits + bytes.toString('latin1').replace(/[^A-Za-z\d+/=]/g, '')
    const whole = digits.slice(0, digits.length - (digits.length % 4))
    this.#digits = digits.slice(whole.length)
    if ((this.#padded && digits !== '') || /=[^=]|={3}/.test(whole)) this.#broken = true
    this.#padded ||= whole.includes('=')
    this.ragged = this.#broken || this.#digits !== ''
    return Buffer.from(whole, 'base64').toString('latin1')
  }
}
