/** Mails that a scanner has to look into, and such as it cannot look into. */
import { crc32 } from 'node:zlib'
import type { Message } from '@candy/sdk'
import { message } from '@candy/sdk/testing'

const HEADER = ['From: sender@example.com', 'To: recipient@example.com', 'Subject: hello', 'MIME-Version: 1.0']

/** A mail with one attachment in base64 (RFC 2045 section 6.8). */
export function withAttachment(content: Uint8Array, name = 'invoice.bin'): Message {
  return mixed([
    'Content-Type: text/plain\n\nSee the attachment.\n',
    `Content-Type: application/octet-stream; name="${name}"\nContent-Transfer-Encoding: base64\n\n${base64(content)}\n`,
  ])
}

/** A mail of these parts (RFC 2046 section 5.1.3). */
export function mixed(parts: readonly string[]): Message {
  const head = [...HEADER, 'Content-Type: multipart/mixed; boundary="border"', '', ''].join('\n')
  return message(`${head}${parts.map((part) => `--border\n${part}`).join('')}--border--\n`)
}

/** Parts within parts, so many levels deep. */
export function nestedParts(levels: number): string {
  const opened = Array.from({ length: levels }, (_, level) => {
    return `Content-Type: multipart/mixed; boundary="n${level}"\n\n--n${level}\n`
  })
  const closed = Array.from({ length: levels }, (_, level) => `--n${level}--\n`).reverse()
  return `${opened.join('')}Content-Type: text/plain\n\nhello\n${closed.join('')}`
}

/** A zip archive of files stored as they are (APPNOTE.TXT 4.3), each with this content. */
export function zip(content: string, { files = 1, encrypted = false } = {}): Buffer {
  const data = Buffer.from(content)
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (let file = 0; file < files; file++) {
    const name = Buffer.from(`file-${file}.com`)
    const entry = Buffer.alloc(26)
    entry.writeUInt16LE(20, 0)
    entry.writeUInt16LE(encrypted ? 1 : 0, 2)
    entry.writeUInt32LE(crc32(data), 10)
    entry.writeUInt32LE(data.length, 14)
    entry.writeUInt32LE(data.length, 18)
    entry.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), entry, name, data])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), entry, place, name]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files, 4)
  end.writeUInt16LE(files, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end])
}

function base64(content: Uint8Array): string {
  return (
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n')
}
