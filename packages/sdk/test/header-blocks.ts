/** Header blocks as fast-check draws them, and the bytes of a text. */
import fc from 'fast-check'

export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Only a few names, so that removals often match a field. */
export const someName = fc.constantFrom('X-A', 'x-a', 'X-AB', 'Received', 'SUBJECT', 'Subject')
const octets = fc
  .string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 30 })
  .map((line) => line.replace(/\r\n/g, '\r'))
const field = fc
  .tuple(someName, fc.stringMatching(/^[ \t]{0,2}$/), octets, fc.array(fc.tuple(fc.constantFrom(' ', '\t'), octets)))
  .map(([named, blanks, first, more]) => ({
    named,
    source: `${[`${named}${blanks}:${first}`, ...more.map((line) => line.join(''))].join('\r\n')}\r\n`,
  }))
  // A line that ends in CR before its CRLF would end at another place than intended.
  .filter(({ source }) => !source.includes('\r\r\n'))
export const block = fc.array(field, { maxLength: 6 })
export const body = octets.map((line) => `\r\n${line}`)

export const sources = (fields: readonly { readonly source: string }[]): string =>
  fields.map(({ source }) => source).join('')
