/** Connects to a clamd, and explains to the operator why that failed. */
import { connect } from '@candy/sdk/failover'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { configurationOf } from './configuration.js'
import { ClamdError } from './error.js'
import { ClamdSocket } from './socket.js'

/** A connection and the address of the clamd at its other end. The caller of openConnection() destroys the socket. */
export interface Connection {
  readonly address: ServiceAddress
  readonly socket: ClamdSocket
}

/** Connects once. Throws `UNREACHABLE` with the error of Node.js as its cause, or the signal's reason. */
export async function openConnection(address: ServiceAddress, signal: AbortSignal | undefined): Promise<Connection> {
  try {
    return { address, socket: await connect(address, { signal, socket: new ClamdSocket() }) }
  } catch (error) {
    signal?.throwIfAborted()
    const { code, message } = error as NodeJS.ErrnoException
    throw new ClamdError('UNREACHABLE', `${printAddress(address)}: ${explainCode(address, code) ?? message}`, {
      cause: error,
    })
  }
}

function explainCode(address: ServiceAddress, code: string | undefined): string | undefined {
  switch (code) {
    case 'EACCES':
      return (
        'permission denied: let this account use the socket ' +
        `(LocalSocketGroup and LocalSocketMode in ${configurationOf(address)}, and the mode of its directory), or put it into that group`
      )
    case 'ENOENT':
      return 'no such socket: is clamd running, and is this its LocalSocket?'
    case 'ECONNREFUSED':
      return 'connection refused: is clamd running?'
    case 'EAGAIN':
      return `too many connections are waiting (MaxConnectionQueueLength in ${configurationOf(address)})`
    default:
      return undefined
  }
}
