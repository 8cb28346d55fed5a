/**
 * A milter on the UNIX socket that it is given first, which gives every message to the clamd on the socket that it is given second,
 * as it comes, and says nothing to Postfix but what clamd said.
 */
import { createServer } from 'node:net'
import { clamdSessions } from './clamd-sessions.js'
import { CONTINUE, code, OPTIONS, TRY_AGAIN } from './milter-packets.js'

const [path, clamd] = process.argv.slice(2)
const beginScan = clamdSessions(clamd)

const NEGOTIATE = code('O')
const HEADER = code('L')
const END_OF_HEADERS = code('N')
const BODY = code('B')
const END_OF_BODY = code('E')

const NO_BYTES = Buffer.alloc(0)
const LINE_END = Buffer.from('\r\n')

// Postfix has an account of its own.
process.umask(0)

createServer((socket) => {
  let rest = NO_BYTES
  let scan
  const read = (command, data) => {
    if (command === NEGOTIATE) socket.write(OPTIONS)
    if (command === HEADER) {
      scan ??= beginScan()
      scan.write(Buffer.from(`${data.latin1Slice(0, data.length - 1).replace('\0', ':')}\r\n`, 'latin1'))
    }
    if (command === END_OF_HEADERS) scan.write(LINE_END)
    if (command === BODY) scan.write(data)
    if (command === END_OF_BODY) {
      scan.end((clean) => socket.write(clean ? CONTINUE : TRY_AGAIN))
      scan = undefined
    }
  }
  socket.on('data', (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (bytes.length >= 5) {
      const end = 4 + bytes.readUInt32BE()
      if (bytes.length < end) break
      read(bytes[4], bytes.subarray(5, end))
      bytes = bytes.subarray(end)
    }
    rest = bytes
  })
  socket.on('error', () => socket.destroy())
}).listen({ path, backlog: 511 })
