/** An LMTP server (RFC 2033) that receives the test message after it has passed through candy, and keeps its content. */
import { createServer, type Socket } from 'node:net'
import { ServerConnection } from '../smtp/connection.js'
import { DataReader } from '../smtp/data-reader.js'

/** Milliseconds after which a silent client is disconnected. */
const IDLE_TIMEOUT = 60_000

export interface ProofServer {
  /** The content of each message that was received, Latin-1. */
  readonly received: readonly string[]
  close(): void
}

/** Listens on a path that must not exist yet. The socket has the mode 0660 and the group of its set-gid directory. */
export function startProofServer(path: string): Promise<ProofServer> {
  const received: string[] = []
  const server = createServer((socket) => void receive(socket, received).catch(() => socket.destroy()))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => resolve({ received, close: () => void server.close() }))
    // Set the mode with umask(2), not with chmod(2) afterwards: the account candy owns the directory and could replace the
    // socket.
    const mask = process.umask(0o117)
    server.listen(path)
    process.umask(mask)
  })
}

async function receive(socket: Socket, received: string[]): Promise<void> {
  const connection = new ServerConnection(socket, IDLE_TIMEOUT)
  let recipients = 0
  await connection.write('220 candy LMTP\r\n')
  for (;;) {
    const line = connection.line()
    if (line === undefined) {
      if (await connection.more()) continue
      break
    }
    const verb = typeof line === 'string' ? '' : line.toString('latin1', 0, 4).toUpperCase()
    if (verb === 'LHLO')
      await connection.write('250-candy\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n')
    else if (verb === 'MAIL' || verb === 'RSET' || verb === 'NOOP') {
      if (verb !== 'NOOP') recipients = 0
      await connection.write('250 2.0.0 Ok\r\n')
    } else if (verb === 'RCPT') {
      recipients++
      await connection.write('250 2.1.5 Ok\r\n')
    } else if (verb === 'DATA') {
      await connection.write('354 End data with <CR><LF>.<CR><LF>\r\n')
      const pieces: Uint8Array[] = []
      await connection.data(new DataReader(), (piece) => void pieces.push(piece))
      received.push(Buffer.concat(pieces).toString('latin1'))
      await connection.write('250 2.0.0 Ok\r\n'.repeat(recipients))
    } else if (verb === 'QUIT') {
      await connection.write('221 2.0.0 Bye\r\n')
      break
    } else await connection.write('500 5.5.2 unknown command\r\n')
  }
  connection.close()
}
