/**
 * The frames in which candy-handover sends a message: a type, four bytes of length, and so many bytes (packages/handover/README.md).
 * The arguments of candy-pipe come first, then the message, then the end. Input may be cut anywhere.
 */
import { CandyError } from '@candy/sdk'

const ARGUMENT = 0x41
const CONTENT = 0x42
const END = 0x45

/** Bytes before the content of a frame. */
const HEADER = 5

/** Bytes of one argument: MAX_ARG_STRLEN of Linux. */
const ARGUMENT_LIMIT = 128 * 1024

/** Bytes of all arguments, each with the byte that ends it: ARG_MAX as Linux has it by default. */
const ARGUMENTS_LIMIT = 2 * 1024 ** 2

export class FrameReader {
  readonly #arguments: Buffer[] = []
  readonly #header = Buffer.alloc(HEADER)
  /** Bytes of the header that have come. */
  #headerLength = 0
  /** Bytes of the content of the frame that are still to come. */
  #left = 0
  /** Pieces of the argument that is coming. */
  #pieces: Buffer[] = []
  #argumentsSize = 0
  #hasContent = false
  #ended = false
  #isBroken = false

  /** The arguments that have come. They are complete when `ended` says so. */
  get arguments(): readonly Buffer[] {
    return this.#arguments
  }

  /** Whether the message is complete. What comes after its end is ignored. */
  get ended(): boolean {
    return this.#ended
  }

  /** Whether a frame has come that nobody knows: where the message ends cannot be known any more. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Reads what has come. Returns the pieces of the message in it, in order; they share memory with `chunk`. Throws `CONFIG` for other input. */
  read(chunk: Buffer): readonly Buffer[] {
    const content: Buffer[] = []
    for (let at = 0; at < chunk.length && !this.#ended; ) {
      if (this.#headerLength < HEADER) {
        const length = chunk.copy(this.#header, this.#headerLength, at)
        this.#headerLength += length
        at += length
        if (this.#headerLength === HEADER) this.#begin()
        continue
      }
      const piece = chunk.subarray(at, at + this.#left)
      this.#left -= piece.length
      at += piece.length
      if (this.#header[0] === CONTENT) content.push(piece)
      else this.#pieces.push(piece)
      if (this.#left === 0) this.#finish()
    }
    return content
  }

  #begin(): void {
    const [type] = this.#header
    this.#left = this.#header.readUInt32BE(1)
    if (type === ARGUMENT && !this.#hasContent) {
      this.#argumentsSize += this.#left + 1
      if (this.#left > ARGUMENT_LIMIT || this.#argumentsSize > ARGUMENTS_LIMIT)
        throw this.#unknownFrame('too long an argument')
    } else if (type === CONTENT) this.#hasContent = true
    else if (type === END && this.#left === 0) this.#ended = true
    else throw this.#unknownFrame(`a frame of type ${type} and length ${this.#left}`)
    if (this.#left === 0) this.#finish()
  }

  #finish(): void {
    if (this.#header[0] === ARGUMENT) this.#arguments.push(Buffer.concat(this.#pieces))
    this.#pieces = []
    this.#headerLength = 0
  }

  #unknownFrame(what: string): CandyError {
    this.#isBroken = true
    return new CandyError(
      'CONFIG',
      `candy-handover sent ${what}: it is of another version than candy serve; "candy enable" renews it`,
    )
  }
}
