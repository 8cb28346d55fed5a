/** Every dialog in `dialogs/`, sent turn by turn, in single bytes, and all at once with one pause, at every byte. */
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { MODES } from '../../src/postfix/mode.js'
import { type Dialog, fitted, parseDialog } from './dialog.js'
import { obedient, type StartedRelay, startRelay, withRules } from './started-relay.js'

const directory = join(import.meta.dirname, 'dialogs')
const dialogs = readdirSync(directory).map((name) => {
  return [name, parseDialog(readFileSync(join(directory, name), 'utf8'))] as const
})

async function prepare({ mode, protocol, faults }: Dialog): Promise<StartedRelay> {
  const { onReject } = MODES[mode]
  const filters = [withRules({ ...obedient, policy: { ...obedient.policy, onReject } })]
  const relay = await startRelay({ mode, protocol, filters })
  for (const fault of faults.filter(({ times }) => times === undefined)) relay.sink.fail(fault)
  return relay
}

/** Reads the server's lines, without CRLF. */
class LineQueue {
  readonly #socket: Socket
  #received = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1')
    })
  }

  /** The next `count` lines; fewer when the server hangs up. */
  async lines(count: number): Promise<string[]> {
    while (this.#received.split('\r\n').length <= count && !this.#socket.destroyed && this.#socket.readable)
      await turn()
    const lines = this.#received.split('\r\n')
    this.#received = lines.slice(count).join('\r\n')
    return lines.slice(0, count)
  }
}

/** Sets failures that happen only once again, before the dialog is sent another time. */
function renew({ sink }: StartedRelay, { faults }: Dialog): void {
  for (const fault of faults.filter(({ times }) => times !== undefined)) sink.fail(fault)
}

async function open(path: string): Promise<{ socket: Socket; server: LineQueue }> {
  const socket = connect(path)
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return { socket, server: new LineQueue(socket) }
}

function received({ sink }: StartedRelay, from = 0): { readonly next: string[]; readonly messages: string[] } {
  const messages = sink.messages.slice(from)
  return {
    next: messages.flatMap(({ transcript }) => transcript.map((line) => line.toString('latin1'))),
    messages: messages.map(({ bytes }) => bytes.toString('latin1')),
  }
}

describe.each(dialogs)('%s', (_, dialog) => {
  const { turns, next, messages } = dialog
  const expected = turns.flatMap(({ replies }) => replies)

  test.each(['turn by turn', 'in single bytes'])('%s', async (how) => {
    const relay = await prepare(dialog)
    renew(relay, dialog)
    const { socket, server } = await open(relay.path)
    for (const { say, replies: expectedReplies } of turns) {
      if (how === 'turn by turn') socket.write(say)
      else {
        for (const byte of say) {
          socket.write(Uint8Array.of(byte))
          await turn()
        }
      }
      const replies = await server.lines(expectedReplies.length)
      expect(fitted(replies, expectedReplies)).toEqual(expectedReplies)
    }
    socket.destroy()
    expect(received(relay)).toEqual({ next, messages })
  })

  test('all at once with one pause, at every byte', async () => {
    const relay = await prepare(dialog)
    const all = Buffer.concat(turns.map(({ say }) => say))
    for (let at = 0; at < all.length; at++) {
      renew(relay, dialog)
      const before = relay.sink.messages.length
      const { socket, server } = await open(relay.path)
      socket.write(all.subarray(0, at))
      await turn()
      socket.write(all.subarray(at))
      const replies = await server.lines(expected.length)
      expect(fitted(replies, expected)).toEqual(expected)
      socket.destroy()
      expect(received(relay, before)).toEqual({ next, messages })
    }
  })
})
