/**
 * Byte sequences that one mail system or another has taken for the end of mail data (CVE-2023-51764 to 51766, and the
 * lists of the public smuggling scanners). None of them is one: only CRLF.CRLF is (RFC 5321 §4.1.1.4).
 */
export const FALSE_ENDS: readonly string[] = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r.\n',
  '\n.\r',
  '\r\n.\r',
  '\r\n.\r\r\n',
  '\r\r\n.\r\r\n',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
]

/** A second message that a fake end would let in. */
export const SECOND =
  'MAIL FROM:<admin@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n'

/** Where a false end may stand in the content of a message. */
const PLACES: readonly string[] = ['Subject: x\r\n\r\nbody', '', 'Subject: x\r\n\r\na\r\n..b\r\nc']

/** Every false end at every place, a second message behind it, in two pieces: cut before, after and at each of its bytes. */
export const ATTEMPTS: readonly (readonly Uint8Array[])[] = FALSE_ENDS.flatMap((end) =>
  PLACES.flatMap((before) => {
    const bytes = Buffer.from(`${before}${end}${SECOND}`, 'latin1')
    const cuts = Array.from({ length: end.length + 3 }, (_, n) => before.length - 1 + n).filter((at) => at >= 0)
    return cuts.map((at) => [bytes.subarray(0, at), bytes.subarray(at)])
  }),
)
