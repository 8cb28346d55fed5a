/**
 * Passes bytes on between the UNIX socket that it makes and the one it is given, and does nothing else. Postfix's lmtp(8)
 * greets with LHLO and the smtpd(8) behind wants EHLO: those four letters it changes.
 */
import { connect, createServer } from 'node:net'

const [path, nextHop] = process.argv.slice(2)

// Postfix has an account of its own.
process.umask(0)

createServer((up) => {
  const down = connect(nextHop)
  up.once('data', (bytes) => {
    if (bytes.toString('latin1', 0, 4) === 'LHLO') bytes.write('EHLO')
    down.write(bytes)
    up.on('data', (more) => down.write(more))
  })
  down.on('data', (bytes) => up.write(bytes))
  const end = () => {
    up.destroySoon()
    down.destroySoon()
  }
  for (const socket of [up, down]) socket.on('end', end).on('error', end)
}).listen({ path, backlog: 511 })
