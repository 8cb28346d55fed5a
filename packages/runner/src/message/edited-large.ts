/**
 * A message whose header is too large to be held in memory, with fields added and removed. The header is edited each time it
 * is read, a few fields at a time. Filters never see such a message, so the edits choose fields by name alone.
 */
import type { Bytes, HeaderEdit } from '@candy/sdk'
import { editHeaders, headersEnd } from '@candy/sdk'
import { lend, type MessageContent } from './content.js'

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32

/** Bytes, more than the longest field name: where so many hold no colon, no field begins. */
const NAME_LIMIT = 65_536

/** As `editContent`. The header is read once, to learn the size. */
export async function editLargeHeader(content: MessageContent, edits: readonly HeaderEdit[]): Promise<MessageContent> {
  const top = editHeaders(
    new Uint8Array(),
    edits.filter((edit) => 'add' in edit),
  )
  const removals = edits.filter((edit) => !('add' in edit))
  let bodyAt = 0
  let size = top.length
  for await (const fields of readFields(content.open())) {
    bodyAt += fields.length
    size += editHeaders(fields, removals).length
  }
  return new EditedLarge(content, { top, removals, bodyAt, size: size + content.size - bodyAt })
}

interface Edit {
  readonly top: Uint8Array
  readonly removals: readonly HeaderEdit[]
  /** Where in the original the header ends. */
  readonly bodyAt: number
  readonly size: number
}

class EditedLarge implements MessageContent {
  readonly size: number
  readonly #original: MessageContent
  readonly #edit: Edit

  constructor(original: MessageContent, edit: Edit) {
    this.size = edit.size
    this.#original = original
    this.#edit = edit
  }

  open(from = 0): Bytes {
    return this.#read(from, (bodyAt) => this.#original.open(bodyAt))
  }

  lend(from = 0): Bytes {
    return this.#read(from, (bodyAt) => lend(this.#original, bodyAt))
  }

  headers(): Promise<Uint8Array> {
    return this.#original.headers()
  }

  async *#read(from: number, openBody: (bodyAt: number) => Bytes): Bytes {
    let skip = from
    for await (const chunk of this.#readHeader()) {
      if (skip < chunk.length) yield chunk.subarray(skip)
      skip = Math.max(0, skip - chunk.length)
    }
    yield* openBody(this.#edit.bodyAt + skip)
  }

  async *#readHeader(): Bytes {
    const { top, removals } = this.#edit
    yield top.slice()
    for await (const fields of readFields(this.#original.open())) yield editHeaders(fields, removals)
  }
}

/** The header in chunks of complete fields. A field may be as large as a message, so no byte of it is searched twice. */
async function* readFields(bytes: Bytes): Bytes {
  let unread: Uint8Array[] = []
  let size = 0
  let tail = Buffer.alloc(0)
  let begun = false
  for await (const chunk of bytes) {
    const seen = Buffer.concat([tail, chunk])
    tail = seen.subarray(-2)
    unread.push(chunk)
    size += chunk.length
    if (lastFieldAt(seen) !== 0) {
      const joined = Buffer.concat(unread)
      const at = lastFieldAt(joined)
      const end = headersEnd(joined.subarray(0, at))
      if (end > 0) yield joined.subarray(0, end)
      if (end < at) return
      unread = [joined.subarray(at)]
      size = joined.length - at
      begun = false
    } else if (size > NAME_LIMIT && !begun) {
      begun = headersEnd(Buffer.concat(unread)) > 0
      if (!begun) return
    }
  }
  const rest = Buffer.concat(unread)
  const end = headersEnd(rest)
  if (end > 0) yield rest.subarray(0, end)
}

/** Where the last line begins that certainly does not continue the one before; 0 when that is the first line. */
function lastFieldAt(bytes: Buffer): number {
  for (let at = bytes.lastIndexOf(LF, bytes.length - 2); at > 0; at = bytes.lastIndexOf(LF, at - 1)) {
    const next = bytes[at + 1]
    if (bytes[at - 1] === CR && next !== SPACE && next !== TAB) return at + 1
  }
  return 0
}
