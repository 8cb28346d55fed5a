/** Servers of the smallest protocol that there is, and its client: a line is asked, and a line is answered. */

import { connect } from '../../src/failover/index.js'
import { CandyError } from '../../src/index.js'
import type { Answer, BackendFailure } from '../../src/testing/index.js'
import { printAddress, type ServiceAddress } from '../../src/values/index.js'

export type ServerKind = 'well' | 'absent' | 'closing' | 'final'

/** `absent` refuses connections, `closing` closes them without an answer, and `final` answers that it can never scan this. */
export const SERVERS: Readonly<Record<ServerKind, Answer | BackendFailure>> = {
  well: says('fine\n'),
  absent: 'refuse',
  closing: 'close',
  final: says('too long\n'),
}

function says(line: string): Answer {
  return async function* (received) {
    for await (const _chunk of received) return yield line
  }
}

/** Asks the server. Throws `SCANNER_UNREACHABLE`, `SCANNER_PROTOCOL`, `SCANNER_LIMIT` or the signal's reason. */
export async function question(address: ServiceAddress, signal?: AbortSignal): Promise<string> {
  const where = printAddress(address)
  const socket = await connect(address, { signal }).catch((cause: unknown) => {
    signal?.throwIfAborted()
    throw new CandyError('SCANNER_UNREACHABLE', `nobody listens at ${where}`, { cause })
  })
  const abort = (): unknown => socket.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    socket.write('how are you?\n')
    for await (const chunk of socket) {
      const line = String(chunk).trim()
      if (line === 'fine') return line
      throw new CandyError('SCANNER_LIMIT', `${where} says: ${line}`)
    }
    throw new CandyError('SCANNER_PROTOCOL', 'closed without an answer')
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof CandyError ? error : new CandyError('SCANNER_PROTOCOL', String(error), { cause: error })
  } finally {
    socket.destroy()
    signal?.removeEventListener('abort', abort)
  }
}
