/** Tests whether candy serve answers on a socket, in the protocol of the socket's mode. */
import { connect } from 'node:net'
import { PacketReader, writePacket } from '@candy/milter'
import { SmtpClient } from '../smtp/client.js'
import type { ServedMode } from './mode.js'

/** Milliseconds that the server may take to answer. */
const TIMEOUT = 5_000

/** Whether the server on the socket of this mode answers in time. */
export function answers(path: string, mode: ServedMode): Promise<boolean> {
  return mode === 'milter' ? negotiates(path) : greets(path)
}

/** Whether an SMTP or LMTP server sends the greeting 220. */
async function greets(path: string): Promise<boolean> {
  const client = SmtpClient.connect({ path }, { signal: AbortSignal.timeout(TIMEOUT) })
  try {
    return (await client.reply()).code === 220
  } catch {
    return false
  } finally {
    client.close()
  }
}

/** The offer of Postfix 3.7: version 6, and all actions and protocol steps that it knows (milter8.c). */
const OFFER = writePacket('O', Buffer.from('00000006000001ff001fffff', 'hex'))

/** Whether a milter answers the offer with what it wants of it. */
function negotiates(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({ path, timeout: TIMEOUT })
    const reader = new PacketReader()
    const end = (answered: boolean): void => {
      if (answered) socket.write(writePacket('Q'))
      socket.destroySoon()
      settle(answered)
    }
    socket.once('connect', () => socket.write(OFFER))
    socket.on('data', (chunk) => {
      try {
        for (const { command } of reader.read(chunk)) end(command === 'O')
      } catch {
        end(false)
      }
    })
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => end(false))
  })
}
