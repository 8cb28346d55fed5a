/**
 * A filter with a daemon and a filter that rewrites, both in good order, for proving the contract suite: broken in one
 * way at a time, each must fail by name. The protocol: the client sends `SCAN size\n` and the bytes, `LEARN lesson\n`, or `PING\n`; the
 * daemon answers one line, `clean` or `bad NAME`, `learned`, or `pong`.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import * as v from 'valibot'
import {
  accept,
  addHeader,
  defineFilter,
  type Filter,
  type FilterPackage,
  type Message,
  reject,
} from '../../../src/index.js'
import type { Answer } from '../../../src/testing/index.js'

export const answer: Answer = async function* (received) {
  let head = ''
  let left = Number.POSITIVE_INFINITY
  let bad = false
  for await (const chunk of received) {
    let body = chunk
    if (left === Number.POSITIVE_INFINITY) {
      head += Buffer.from(chunk).toString('latin1')
      const end = head.indexOf('\n')
      if (end === -1) continue
      if (head.startsWith('PING')) return yield 'pong\n'
      if (head.startsWith('LEARN')) return yield 'learned\n'
      left = Number(head.slice(5, end))
      body = Buffer.from(head.slice(end + 1), 'latin1')
    }
    left -= body.length
    bad ||= Buffer.from(body).includes('EICAR')
    if (left === 0) return yield bad ? 'bad Eicar\n' : 'clean\n'
  }
  if (left === 0) yield 'clean\n'
}

const options = v.object({ address: v.string(), field: v.optional(v.string(), 'X-Scanned') })
export type Options = v.InferOutput<typeof options>

export function scanner(over: (options: Options) => Partial<Filter> = () => ({})): FilterPackage {
  return defineFilter({
    api: 1,
    name: 'scanner',
    fields: ['X-Scanned', 'X-Checked'],
    options,
    create: (given) => ({
      async judge(message, { signal }) {
        const reply = await ask(given.address, signal, send(message, signal))
        if (reply === 'clean') return accept([addHeader(given.field, 'clean')])
        const bad = /^bad (\w+)$/.exec(reply)
        if (bad === null) throw new Error(`not a reply: ${reply}`)
        return reject(`infected: ${bad[1]}`, [7, 1])
      },
      async check({ signal }) {
        try {
          const reply = await ask(given.address, signal, ['PING\n'])
          return { ok: reply === 'pong', text: `it says ${reply}` }
        } catch (error) {
          return { ok: false, text: `not there: ${String(error)}` }
        }
      },
      async learn(_message, lesson, { signal }) {
        const reply = await ask(given.address, signal, [`LEARN ${lesson}\n`])
        if (reply !== 'learned') throw new Error(`not a reply: ${reply}`)
        return true
      },
      ...over(given),
    }),
  })
}

export async function* send(message: Message, signal: AbortSignal) {
  yield Buffer.from(`SCAN ${message.size}\n`)
  for await (const chunk of message.open()) {
    signal.throwIfAborted()
    yield chunk
  }
}

/** Sends the pieces as fast as they are taken, and reads one line. */
export async function ask(
  path: string,
  signal: AbortSignal,
  pieces: AsyncIterable<Uint8Array> | Iterable<string>,
): Promise<string> {
  signal.throwIfAborted()
  const socket = connect(path)
  const abort = () => socket.destroy(new Error('aborted'))
  signal.addEventListener('abort', abort)
  try {
    await once(socket, 'connect')
    const line = readLine(socket)
    await Promise.all([line, pipeline(pieces, socket, { end: false })])
    return await line
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}

async function readLine(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.endsWith('\n')) return text.slice(0, -1)
  }
  throw new Error(`cut short: ${text}`)
}
