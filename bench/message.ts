/** The mail that is sent, by size; only its size matters. */

const HEADER = 'From: a@example.com\r\nTo: b@example.net\r\nSubject: bench\r\n\r\n'
/** 66 bytes. */
const LINE = `${'0123456789abcdef'.repeat(4)}\r\n`

/** 4 KiB, as most mail is small; 100 KiB, a page with a picture; 10 MiB, about what Postfix takes unless told otherwise. */
export const MESSAGES = {
  '4 KiB': message(4 * 1024),
  '100 KiB': message(100 * 1024),
  '10 MiB': message(10 * 1024 * 1024 - 4096),
} as const

function message(bytes: number): Buffer {
  return Buffer.from(HEADER + LINE.repeat(Math.floor((bytes - HEADER.length) / LINE.length)))
}

export type Size = keyof typeof MESSAGES
