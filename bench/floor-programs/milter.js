/**
 * A milter on the UNIX socket that it is given, which asks for no answers but one and accepts every message. It reads only how
 * long each packet is: a length of four bytes, then a command of one.
 */
import { createServer } from 'node:net'
import { CONTINUE, code, OPTIONS } from './milter-packets.js'

const [path] = process.argv.slice(2)

const ANSWERS = new Map([
  [code('O'), OPTIONS],
  [code('E'), CONTINUE],
])

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
