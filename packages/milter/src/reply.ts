/**
 * What a milter replies to the end of a message: any number of changes and of `progress`, and then one of `accept`, `discard` and
 * `reply`. Every string is ended with NUL, since some versions of Postfix read on until they find one.
 *
 * SMFIR_SHUTDOWN is left out on purpose: up to 3.11 cleanup(8) takes it for an acceptance of a message that it does not deliver.
 */
import { MilterError } from './error.js'
import { uint32, writePacket } from './packet.js'

/** Bytes of a body chunk (MILTER_CHUNK_SIZE). */
const CHUNK = 65_535

/** RFC 5321 §4.5.3.1.5: octets of a reply line with its CRLF. */
const LINE_LIMIT = 512

const NUL: Uint8Array = Buffer.from('\0')

/** The message is accepted, with the changes that were sent before. */
export function accept(): Buffer {
  return writePacket('a')
}

/** The client hears that the message was accepted, and nobody gets it. */
export function discard(): Buffer {
  return writePacket('d')
}

/** The reply will come. Postfix then waits for its `content_timeout` anew. */
export function progress(): Buffer {
  return writePacket('p')
}

/**
 * The client gets this SMTP reply. `code` has three digits and begins with 4 or 5, as `status` does (RFC 3463: `5.7.1`). A line is cut
 * where it would be longer than SMTP allows. Throws `REPLY` for anything else, and for a line with a line end or NUL in it.
 */
export function reply(code: number, status: string, lines: readonly string[]): Buffer {
  if (!/^[45]\d\d$/.test(`${code}`)) throw new MilterError('REPLY', `${code} is no code of a refusal or a deferral`)
  if (!/^[45]\.\d{1,3}\.\d{1,3}$/.test(status) || status[0] !== `${code}`[0]) {
    throw new MilterError('REPLY', `the status ${status} does not go with the code ${code}`)
  }
  const last = lines.length - 1
  const text = (last < 0 ? [''] : lines).map((line, index) => {
    if (/[\0\r\n]/.test(line)) throw new MilterError('REPLY', 'a line of a reply with a line end or NUL in it')
    const printed = `${code}${index < last ? '-' : ' '}${status} ${line}`
    return cutToBytes(printed, LINE_LIMIT - 2)
  })
  // Sendmail takes the reply for a format, so Postfix makes `%` of `%%`, and nothing of a single one.
  return writePacket('y', Buffer.from(text.join('\r\n').replaceAll('%', '%%')), NUL)
}

/**
 * Inserts a field. `index` is the number of fields that are to stand above it, those that Postfix has added and those that were inserted
 * before included: 0 is the top of the header.
 */
export function insertHeader(index: number, name: Uint8Array | string, value: Uint8Array | string): Buffer {
  return writePacket('i', uint32(checkedIndex(index, 0)), ...field(name, value))
}

/** Adds a field at the end of the header. */
export function appendHeader(name: Uint8Array | string, value: Uint8Array | string): Buffer {
  return writePacket('h', ...field(name, value))
}

/**
 * Gives a field another value. `index` counts the fields of this name, in any case, from 1; the Received that Postfix itself has added is
 * not one of them. `value` is not empty, since that would remove the field. Send it before any field is inserted, which would be
 * counted too.
 */
export function changeHeader(index: number, name: Uint8Array | string, value: Uint8Array | string): Buffer {
  if (value.length === 0) throw new MilterError('REPLY', 'an empty value would remove the field')
  return writePacket('m', uint32(checkedIndex(index, 1)), ...field(name, value))
}

/** Removes a field. `index` is as for `changeHeader`; of several fields of a name the one with the highest index is removed first. */
export function removeHeader(index: number, name: Uint8Array | string): Buffer {
  return writePacket('m', uint32(checkedIndex(index, 1)), ...field(name, ''))
}

/** Takes a recipient away: `address` is the first argument of `recipient`, as it came. With the last one the message is lost: discard it instead. */
export function removeRecipient(address: Uint8Array): Buffer {
  if (address.includes(0)) throw new MilterError('REPLY', 'an address with NUL in it')
  return writePacket('-', address, NUL)
}

/**
 * Yields packets that replace the body by these bytes, which have CRLF line ends. Postfix wants them without any other packet between
 * them, and `progress` is one.
 */
export async function* replaceBody(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  const chunk = Buffer.allocUnsafe(CHUNK)
  let filled = 0
  let sent = false
  for await (const part of bytes) {
    for (let from = 0; from < part.length; ) {
      const taken = part.subarray(from, from + CHUNK - filled)
      chunk.set(taken, filled)
      filled += taken.length
      from += taken.length
      if (filled < CHUNK) continue
      yield writePacket('b', chunk)
      sent = true
      filled = 0
    }
  }
  if (filled > 0 || !sent) yield writePacket('b', chunk.subarray(0, filled))
}

function field(name: Uint8Array | string, value: Uint8Array | string): readonly Uint8Array[] {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
  if (nameBytes.length === 0 || nameBytes.includes(0)) throw new MilterError('REPLY', 'a field without a name')
  if (valueBytes.includes(0) || valueBytes.includes('\r')) {
    throw new MilterError('REPLY', 'a value with NUL or CR in it; a folded one has LF alone')
  }
  return [nameBytes, NUL, valueBytes, NUL]
}

function checkedIndex(index: number, first: 0 | 1): number {
  if (Number.isInteger(index) && index >= first && index < 2 ** 31) return index
  throw new MilterError('REPLY', `${index} is no index of a field: here they count from ${first}`)
}

/** Cuts no character of several bytes in two. */
function cutToBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= limit) return text
  let end = limit
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
