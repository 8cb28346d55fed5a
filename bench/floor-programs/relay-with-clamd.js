/**
 * Passes bytes on between the UNIX socket that it makes and the one it is given second, as relay.js does, and gives every
 * message to the clamd on the socket that it is given third, as it comes. It holds back the end of a message, a chunk that ends in
 * CRLF "." CRLF, until clamd has found nothing, and ends the connection when clamd has found something.
 */
import { connect, createServer } from 'node:net'
import { clamdSessions } from './clamd-sessions.js'

const [path, nextHop, clamd] = process.argv.slice(2)
const beginScan = clamdSessions(clamd)

const END_OF_MESSAGE = '\r\n.\r\n'

// Postfix has an account of its own.
process.umask(0)

createServer((up) => {
  const down = connect(nextHop)
  let scan
  let tail = ''
  const end = () => {
    up.destroySoon()
    down.destroySoon()
  }
  const read = (bytes) => {
    if (scan === undefined) {
      if (bytes.subarray(-6).latin1Slice() === 'DATA\r\n') scan = beginScan()
      down.write(bytes)
      return
    }
    scan.write(bytes)
    tail = (tail + bytes.subarray(-END_OF_MESSAGE.length).latin1Slice()).slice(-END_OF_MESSAGE.length)
    if (tail !== END_OF_MESSAGE) {
      down.write(bytes)
      return
    }
    scan.end((clean) => (clean ? down.write(bytes) : end()))
    scan = undefined
    tail = ''
  }
  up.once('data', (bytes) => {
    if (bytes.toString('latin1', 0, 4) === 'LHLO') bytes.write('EHLO')
    down.write(bytes)
    up.on('data', read)
  })
  down.on('data', (bytes) => up.write(bytes))
  for (const socket of [up, down]) socket.on('end', end).on('error', end)
}).listen({ path, backlog: 511 })
