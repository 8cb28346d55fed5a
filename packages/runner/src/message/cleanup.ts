/**
 * What smtpd(8) and cleanup(8) will make of a message, made beforehand: before the queue the message comes to them after
 * candy, and filters would not see what they change then.
 *
 * - The first line that is no field ends the header, and an empty line is put before it: every reader sees the same body.
 * - `From ` at the very start becomes X-Mailbox-Line, and the last line gets its line end.
 * - In a field, the blanks before the colon are removed, a line ends at its first NUL, and what exceeds header_size_limit is cut off.
 * - Fields that message_drop_headers names (Bcc, Return-Path) are removed.
 * - Fields of MIME parts and of messages within the message are treated in the same way, but none is removed, and no empty line is
 *   added.
 *
 * A message that has been through this once is not changed again. No more than one field is held in memory.
 */
import type { Bytes } from '@candy/sdk'
import { FieldText } from './field-text.js'
import { MimeStructure } from './mime-structure.js'
import { Pieces } from './pieces.js'
import { Records } from './records.js'

const TAB = 9
const LF = 10
const SPACE = 32
const DASH = 45
const COLON = 58
const GREATER = 62
const CRLF: Uint8Array = Buffer.from('\r\n')
const NEXT_DASHES: Buffer = Buffer.from('\n--')
const MAILBOX: Buffer = Buffer.from('From ')
const MAILBOX_LINE: Buffer = Buffer.from('X-Mailbox-Line: ')

/** The parameters of postconf(5) that say what is done; sizes in bytes. */
export interface CleanupSettings {
  readonly headerSizeLimit: number
  readonly lineLengthLimit: number
  readonly mimeNestingLimit: number
  readonly mimeBoundaryLengthLimit: number
  /** Whether the headers of MIME parts are treated, too: not with disable_mime_input_processing. */
  readonly mime: boolean
  /** In lower case. */
  readonly messageDropHeaders: readonly string[]
}

export const CLEANUP_DEFAULTS: CleanupSettings = {
  headerSizeLimit: 102_400,
  lineLengthLimit: 2_048,
  mimeNestingLimit: 100,
  mimeBoundaryLengthLimit: 2_048,
  mime: true,
  messageDropHeaders: ['bcc', 'content-length', 'resent-bcc', 'return-path'],
}

/** For cleanup(8) these belong to a MIME part even in the header of the message, so it keeps them there. */
const PART_FIELDS: ReadonlySet<string> = new Set([
  'content-description',
  'content-disposition',
  'content-id',
  'content-transfer-encoding',
  'content-type',
  'mime-version',
])

export class Cleanup {
  readonly #settings: CleanupSettings
  readonly #structure: MimeStructure
  readonly #records: Records
  readonly #dropped: ReadonlySet<string>
  readonly #lengths: ReadonlySet<number>
  #state: 'header' | 'part' | 'body' = 'header'
  #begun = false
  #last = LF
  readonly #pieces = new Pieces()
  /** What stands before this position has been put out, or never will be. */
  #out = 0
  /** The field that is being read: its start (-1 when there is none), its end so far, its size with LF for CRLF. */
  #field = -1
  #fieldEnd = 0
  #fieldSize = 0
  #fieldName: 'content-type' | 'dropped' | 'other' = 'other'
  /** The field's text, once it is known that it will change. */
  #text: FieldText | undefined
  /** One for all fields, since there may be very many. */
  readonly #changedText: FieldText

  constructor(settings: CleanupSettings) {
    this.#settings = settings
    this.#structure = new MimeStructure({
      depth: settings.mimeNestingLimit,
      boundary: settings.mimeBoundaryLengthLimit,
    })
    this.#records = new Records(settings.lineLengthLimit)
    this.#changedText = new FieldText(settings.headerSizeLimit)
    this.#dropped = new Set(settings.messageDropHeaders.filter((name) => !PART_FIELDS.has(name)))
    this.#lengths = new Set(['content-type', ...this.#dropped].map((name) => name.length))
  }

  /**
   * Takes the next bytes of the message, in which every line ends in CRLF and there is no other CR or LF. Puts what is ready
   * into `pieces`, which may share memory with the chunk and with each other: they are valid until the next call.
   */
  write(chunk: Uint8Array, pieces: Uint8Array[]): void {
    if (chunk.length === 0) return
    this.#last = chunk[chunk.length - 1] as number
    const records = this.#records
    if (this.#state === 'body' && !this.#structure.delimited) {
      pieces.push(chunk)
      return
    }
    this.#pieces.begin(pieces)
    records.push(chunk)
    while (this.#state === 'body' ? this.#readBody() : this.#readHeader());
    const done = this.#field === -1 || this.#changes ? records.at : this.#field
    this.#emit(done)
    records.discard(done)
    this.#out -= done
    this.#fieldEnd -= done
    if (this.#field !== -1) this.#field -= done
    this.#pieces.flush()
  }

  /** The message is complete. */
  end(pieces: Uint8Array[]): void {
    if (this.#last === LF) this.#pieces.begin(pieces)
    else this.write(CRLF, pieces)
    this.#finishField()
    this.#emit(this.#records.bytes.length)
    this.#pieces.flush()
  }

  /** Whether the field that is being read will change. */
  get #changes(): boolean {
    return this.#text !== undefined || this.#fieldName === 'dropped'
  }

  /** Puts out what stands before the position. */
  #emit(to: number): void {
    if (to <= this.#out) return
    this.#pieces.add(this.#records.bytes.subarray(this.#out, to))
    this.#out = to
  }

  /** Reads to the end of a header. Returns false when that needs more bytes. */
  #readHeader(): boolean {
    const records = this.#records
    while (records.find()) {
      if (this.#field !== -1 && !this.#continueField()) this.#finishField()
      if (this.#field === -1 && !this.#beginField()) {
        this.#endHeader()
        return true
      }
      records.advance()
      if (this.#changes) this.#out = records.at
    }
    return false
  }

  /** Returns false when the record does not belong to the field. */
  #continueField(): boolean {
    const { bytes, at, end, beginsLine, mayHaveNul } = this.#records
    if (beginsLine && !(at < end && isBlank(bytes[at]))) return false
    const { headerSizeLimit } = this.#settings
    const size = this.#fieldSize + (beginsLine ? 1 : 0) + end - at
    const record = bytes.subarray(at, end)
    if (
      !this.#changes &&
      (size > headerSizeLimit || this.#fieldSize >= headerSizeLimit || (mayHaveNul && hasNul(record)))
    )
      this.#change()
    if (beginsLine) this.#text?.fold(record)
    else this.#text?.append(record)
    this.#fieldSize = size
    this.#fieldEnd = end
    return true
  }

  /** Returns false when no field begins with the record. */
  #beginField(): boolean {
    const { bytes, at, end, mayHaveNul } = this.#records
    const first = !this.#begun
    this.#begun = true
    if (first && beginsMailbox(bytes, at, end)) {
      this.#startField(at, end, 'other')
      this.#change().append(Buffer.concat([MAILBOX_LINE, bytes.subarray(at, end)]))
      this.#fieldEnd = end
      return true
    }
    const nameEnd = nameEndOf(bytes, at, end)
    const colon = colonAfter(bytes, nameEnd, end)
    if (nameEnd === at || colon === -1) return false
    this.#startField(at, end, this.#nameOf(bytes, at, nameEnd))
    const rest = bytes.subarray(colon, end)
    if (this.#fieldName === 'dropped') this.#emit(at)
    else if (colon > nameEnd || end - at > this.#settings.headerSizeLimit || (mayHaveNul && hasNul(rest))) {
      const text = this.#change()
      text.append(bytes.subarray(at, nameEnd))
      text.append(rest)
    }
    this.#fieldEnd = end
    return true
  }

  #startField(start: number, end: number, name: 'content-type' | 'dropped' | 'other'): void {
    this.#field = start
    this.#fieldEnd = start
    this.#fieldSize = end - start
    this.#fieldName = name
  }

  #nameOf(bytes: Buffer, start: number, end: number): 'content-type' | 'dropped' | 'other' {
    if (!this.#lengths.has(end - start)) return 'other'
    const name = bytes.toString('latin1', start, end).toLowerCase()
    if (name === 'content-type') return name
    return this.#state === 'header' && this.#dropped.has(name) ? 'dropped' : 'other'
  }

  /** From here on the field's text is gathered, since it will change. */
  #change(): FieldText {
    this.#emit(this.#field)
    const text = this.#changedText
    text.clear()
    text.append(this.#records.unfolded(this.#field, this.#fieldEnd))
    this.#text = text
    return text
  }

  #finishField(): void {
    if (this.#field === -1) return
    if (this.#fieldName === 'content-type' && this.#settings.mime) {
      const text = this.#text?.toString() ?? this.#records.text(this.#field, this.#fieldEnd)
      this.#structure.contentType(text.slice(text.indexOf(':') + 1))
    }
    this.#text?.print(this.#pieces)
    this.#field = -1
    this.#fieldName = 'other'
    this.#text = undefined
  }

  #endHeader(): void {
    const records = this.#records
    const empty = records.at === records.end
    if (this.#state === 'header' && !empty) {
      this.#emit(records.at)
      this.#pieces.add(CRLF)
    }
    this.#state = empty && this.#structure.afterHeader() === 'header' ? 'part' : 'body'
    if (empty) records.advance()
  }

  /** Reads to the next header in the body. Returns false when that needs more bytes, or when there is none. */
  #readBody(): boolean {
    const records = this.#records
    while (this.#structure.delimited) {
      const { bytes, at, beginsLine } = records
      if (beginsLine && beginsWithDashes(bytes, at)) {
        if (at + 1 >= bytes.length || !records.find()) return false
        if (this.#structure.delimiter(bytes, at, records.end) === 'header') this.#state = 'part'
        records.advance()
        if (this.#state === 'part') return true
      } else records.skip(nextDashes(bytes, at))
      if (records.at >= records.bytes.length) return false
    }
    records.skip(records.bytes.length)
    return false
  }
}

/** The message as cleanup(8) will make it. Each chunk is valid until the next is asked for. */
export async function* cleanedUp(bytes: Bytes, settings: CleanupSettings): Bytes {
  const cleanup = new Cleanup(settings)
  const pieces: Uint8Array[] = []
  for await (const chunk of bytes) {
    cleanup.write(chunk, pieces)
    yield* pieces.splice(0)
  }
  cleanup.end(pieces)
  yield* pieces
}

/** Where the next line that may begin with two dashes begins; the end of the bytes when there is none. */
function nextDashes(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(NEXT_DASHES, from)
  if (found !== -1) return found + 1
  const { length } = bytes
  return bytes[length - 1] === DASH && bytes[length - 2] === LF && length - 2 >= from ? length - 1 : length
}

/** Whether two dashes stand there, or may when more bytes come. */
function beginsWithDashes(bytes: Buffer, at: number): boolean {
  return bytes[at] === DASH && (at + 1 >= bytes.length || bytes[at + 1] === DASH)
}

function beginsMailbox(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (bytes[at] === GREATER) at++
  return end - at >= MAILBOX.length && bytes.subarray(at, at + MAILBOX.length).equals(MAILBOX)
}

function nameEndOf(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (; at < end; at++) {
    const byte = bytes[at] as number
    if (byte <= SPACE || byte >= 127 || byte === COLON) break
  }
  return at
}

/** Returns -1 when something else than blanks and a colon follows. */
function colonAfter(bytes: Uint8Array, nameEnd: number, end: number): number {
  let at = nameEnd
  while (at < end && isBlank(bytes[at])) at++
  return at < end && bytes[at] === COLON ? at : -1
}

function hasNul(bytes: Uint8Array): boolean {
  return bytes.includes(0)
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB
}
