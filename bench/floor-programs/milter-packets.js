/** What a milter that asks for as few answers as it may says to Postfix: packets of a length of four bytes, a command of one, and data. */

/** Version 6, no action, and every flag that says "no reply" (SMFIP_NR_* in libmilter's mfdef.h). */
export const OPTIONS = packet('O', Buffer.from([0, 0, 0, 6, 0, 0, 0, 0, 0, 0x0f, 0xf0, 0x80]))
export const CONTINUE = packet('c', Buffer.alloc(0))
export const TRY_AGAIN = packet('t', Buffer.alloc(0))

function packet(command, data) {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(data.length + 1)
  head.write(command, 4)
  return Buffer.concat([head, data])
}

export function code(command) {
  return command.charCodeAt(0)
}
