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
