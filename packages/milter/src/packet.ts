/**
 * Packets, of which the protocol consists in both directions: the length of what follows as 32 bits in network byte order, one
 * character that names the command, and its data. The length counts the command.
 *
 * Whoever connects may claim any length, so it is checked before memory is taken for it.
 */
import { MilterError } from './error.js'

export interface Packet {
  /** One character: `O`, `C`, `B`. */
  readonly command: string
  readonly data: Buffer
}

/** Bytes of the length field. */
const HEAD = 4

/** Bytes of a packet unless the caller sets another limit: a body chunk has 65,535, a header field may be larger. */
const DEFAULT_MAX_LENGTH = 1024 ** 2

/** Reads packets from a stream that comes in chunks of any size. */
export class PacketReader {
  readonly #maxLength: number
  /** The length field, while it is not complete. */
  readonly #head = Buffer.alloc(HEAD)
  /** A packet that has begun in an earlier chunk. */
  #packet: Buffer | undefined
  /** Bytes that `#packet` has, or `#head` where there is no packet. */
  #filled = 0

  /** `maxLength` is the number of bytes that a packet may have after its length field. */
  constructor(maxLength: number = DEFAULT_MAX_LENGTH) {
    this.#maxLength = maxLength
  }

  /**
   * Yields the packets that are complete with this chunk. Their data may share memory with the chunk, which the caller therefore does
   * not overwrite. The generator must be read to its end before the next call. Throws `LENGTH`; the reader is of no use then.
   */
  *read(chunk: Uint8Array): Generator<Packet, void, void> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let at = 0
    while (at < bytes.length) {
      if (this.#packet === undefined) {
        if (this.#filled === 0 && bytes.length - at >= HEAD) {
          const length = this.#checked(bytes.readUInt32BE(at))
          const end = at + HEAD + length
          if (end <= bytes.length) {
            yield packetOf(bytes.subarray(at + HEAD, end))
            at = end
            continue
          }
          at += HEAD
          this.#packet = Buffer.allocUnsafe(length)
        } else {
          at += this.#fill(this.#head, bytes, at)
          if (this.#filled < HEAD) return
          this.#packet = Buffer.allocUnsafe(this.#checked(this.#head.readUInt32BE(0)))
          this.#filled = 0
        }
      }
      at += this.#fill(this.#packet, bytes, at)
      if (this.#filled < this.#packet.length) return
      const complete = this.#packet
      this.#packet = undefined
      this.#filled = 0
      yield packetOf(complete)
    }
  }

  /** Copies as much as there is and as there is room for. Returns the number of bytes. */
  #fill(target: Buffer, bytes: Buffer, from: number): number {
    const copied = bytes.copy(target, this.#filled, from)
    this.#filled += copied
    return copied
  }

  #checked(length: number): number {
    if (length > 0 && length <= this.#maxLength) return length
    throw new MilterError('LENGTH', `a packet of ${length} bytes; from 1 to ${this.#maxLength} are possible`)
  }
}

function packetOf(bytes: Buffer): Packet {
  return { command: String.fromCharCode(bytes[0] as number), data: bytes.subarray(1) }
}

/** A packet as it is sent. `command` is one character of ASCII. */
export function writePacket(command: string, ...data: readonly Uint8Array[]): Buffer {
  const length = data.reduce((sum, part) => sum + part.length, 1)
  const packet = Buffer.allocUnsafe(HEAD + length)
  packet.writeUInt32BE(length, 0)
  packet.write(command, HEAD, 1, 'latin1')
  let at = HEAD + 1
  for (const part of data) {
    packet.set(part, at)
    at += part.length
  }
  return packet
}

/** A number as packets have it. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value, 0)
  return bytes
}
