/** The mail that is sent, by size; only its size matters. */

const HEADER = 'From: a@example.com\r\nTo: b@example.net\r\nSubject: bench\r\n\r\n'
/** 66 bytes. */
const LINE = `${'0123456789abcdef'.repeat(4)}\r\n`

const KIB = 1024
const MIB = 1024 * KIB

/** 4 KiB, as most mail is small; 100 KiB, a page with a picture; 5 MiB, a document with a few pictures. */
export const MESSAGES = {
  '4 KiB': message(4 * KIB),
  '100 KiB': message(100 * KIB),
  '5 MiB': message(5 * MIB),
} as const

export type Size = keyof typeof MESSAGES

export const SIZES: readonly Size[] = Object.keys(MESSAGES) as Size[]

/** About the largest message that Postfix takes unless told otherwise. */
export const LARGEST: Buffer = message(10 * MIB - 4 * KIB)

/** Fifty messages as an office might get them, 0.3 MiB on average; the order is the same in every run. */
export const MIX: readonly Buffer[] = spread([
  ...Array.from({ length: 30 }, (_, index) => message((4 + index / 2) * KIB)),
  ...Array.from({ length: 12 }, (_, index) => message((20 + index * 5) * KIB)),
  ...[100, 150, 200, 300, 500].map((size) => message(size * KIB)),
  ...[1, 2.5].map((size) => message(size * MIB)),
  message(8 * MIB),
])

function message(bytes: number): Buffer {
  return Buffer.from(HEADER + LINE.repeat(Math.floor((bytes - HEADER.length) / LINE.length)))
}

/** The same messages, small and large ones in turn. */
function spread(messages: readonly Buffer[]): readonly Buffer[] {
  const STEP = 17
  return messages.map((_, index) => messages[(index * STEP) % messages.length] as Buffer)
}
