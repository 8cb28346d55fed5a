/**
 * A milter on the UNIX socket that it is given, which asks for no answers but one and accepts every message. It reads only how
 * long each packet is: a length of four bytes, then a command of one.
 */
import { createServer } from 'node:net'

const [path] = process.argv.slice(2)

/** Version 6, no action, and every flag that says "no reply" (SMFIP_NR_* in libmilter's mfdef.h). */
const OPTIONS = packet('O', Buffer.from([0, 0, 0, 6, 0, 0, 0, 0, 0, 0x0f, 0xf0, 0x80]))
const CONTINUE = packet('c', Buffer.alloc(0))
const ANSWERS = new Map([
  [code('O'), OPTIONS],
  [code('E'), CONTINUE],
])

function packet(command, data) {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(data.length + 1)
  head.write(command, 4)
  return Buffer.concat([head, data])
}

function code(command) {
  return command.charCodeAt(0)
}

// Postfix has an account of its own.
process.umask(0)

createServer((socket) => {
  let head = Buffer.alloc(0)
  let skip = 0
  socket.on('data', (chunk) => {
    let bytes = chunk
    while (bytes.length > 0) {
      const skipped = Math.min(skip, bytes.length)
      skip -= skipped
      bytes = bytes.subarray(skipped)
      const taken = bytes.subarray(0, 5 - head.length)
      head = Buffer.concat([head, taken])
      bytes = bytes.subarray(taken.length)
      if (head.length < 5) break
      skip = head.readUInt32BE() - 1
      const answer = ANSWERS.get(head[4])
      if (answer !== undefined) socket.write(answer)
      head = head.subarray(5)
    }
  })
  socket.on('error', () => socket.destroy())
}).listen({ path, backlog: 511 })
