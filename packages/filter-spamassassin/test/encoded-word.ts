/** A reader of encoded words for tests, written from RFC 2047 sections 2, 4 and 6.2 by itself. */

/** What a mail client shows for a field value. With `as` every encoded word is read in that charset instead of its own. */
export function decodeValue(value: string, as?: BufferEncoding): string {
  return value
    .replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)[ \t]+(?==\?[^?\s]+\?[bq]\?[^?\s]*\?=)/gi, '$1')
    .replace(/=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=/gi, (_, charset: string, encoding: string, text: string) => {
      const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedPrintable(text)
      if (as !== undefined) return bytes.toString(as)
      return bytes.toString(charset.toLowerCase() === 'utf-8' ? 'utf8' : 'latin1')
    })
}

function quotedPrintable(text: string): Buffer {
  const plain = text
    .replace(/_/g, ' ')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(plain, 'latin1')
}
