/** Every dialog in `dialogs/`, said in whole turns, in single bytes, and all at once but for one pause at every byte. */
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { MODES } from '../../src/postfix/mode.js'
import { type Dialog, fitted, parseDialog } from './dialog.js'
import { obedient, type RelayGround, startRelay, withRules } from './started-relay.js'

const directory = join(import.meta.dirname, 'dialogs')
const dialogs = readdirSync(directory).map((name) => {
  return [name, parseDialog(readFileSync(join(directory, name), 'utf8'))] as const
})

async function prepare({ mode, protocol, faults }: Dialog): Promise<RelayGround> {
  const { onReject } = MODES[mode]
  const filters = [withRules({ ...obedient, policy: { ...obedient.policy, onReject } })]
  const ground = await startRelay({ mode, protocol, filters })
  for (const fault of faults.filter(({ times }) => times === undefined)) ground.sink.fail(fault)
  return ground
}

/** Lines as they come, without CRLF. */
class Ear {
  readonly #socket: Socket
  #heard = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('latin1')
    })
  }

  /** The next `count` lines; fewer when the server hangs up. */
  async lines(count: number): Promise<string[]> {
    while (this.#heard.split('\r\n').length <= count && !this.#socket.destroyed && this.#socket.readable) await turn()
    const lines = this.#heard.split('\r\n')
    this.#heard = lines.slice(count).join('\r\n')
    return lines.slice(0, count)
  }
}

/** Faults that strike once are for each time that a dialog is said. */
function renew({ sink }: RelayGround, { faults }: Dialog): void {
  for (const fault of faults.filter(({ times }) => times !== undefined)) sink.fail(fault)
}

async function open(path: string): Promise<{ socket: Socket; ear: Ear }> {
  const socket = connect(path)
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return { socket, ear: new Ear(socket) }
}

function took({ sink }: RelayGround, from = 0): { readonly next: string[]; readonly messages: string[] } {
  const messages = sink.messages.slice(from)
  return {
    next: messages.flatMap(({ transcript }) => transcript.map((line) => line.toString('latin1'))),
    messages: messages.map(({ bytes }) => bytes.toString('latin1')),
  }
}

describe.each(dialogs)('%s', (_, dialog) => {
  const { turns, next, messages } = dialog
  const expected = turns.flatMap(({ hear }) => hear)

  test.each(['in whole turns', 'in single bytes'])('%s', async (how) => {
    const ground = await prepare(dialog)
    renew(ground, dialog)
    const { socket, ear } = await open(ground.path)
    for (const { say, hear } of turns) {
      if (how === 'in whole turns') socket.write(say)
      else {
        for (const byte of say) {
          socket.write(Uint8Array.of(byte))
          await turn()
        }
      }
      const heard = await ear.lines(hear.length)
      expect(fitted(heard, hear)).toEqual(hear)
    }
    socket.destroy()
    expect(took(ground)).toEqual({ next, messages })
  })

  test('all at once, but for one pause at every byte', async () => {
    const ground = await prepare(dialog)
    const all = Buffer.concat(turns.map(({ say }) => say))
    for (let at = 0; at < all.length; at++) {
      renew(ground, dialog)
      const before = ground.sink.messages.length
      const { socket, ear } = await open(ground.path)
      socket.write(all.subarray(0, at))
      await turn()
      socket.write(all.subarray(at))
      const heard = await ear.lines(expected.length)
      expect(fitted(heard, expected)).toEqual(expected)
      socket.destroy()
      expect(took(ground, before)).toEqual({ next, messages })
    }
  })
})
