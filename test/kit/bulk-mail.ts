/**
 * Mail by the hundred, and the account of what became of it. Every mail has an id and a body of its own; it is sent
 * again until somebody takes it, as any mail system would do; and it is looked for at the next hop.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect } from './client.js'
import type { Received } from './sink.js'
import { soaking } from './soak.js'

/** A mail that can be told from all others. */
export interface Sealed {
  readonly id: string
  readonly bytes: string
}

/** Mails in all: what a fault under load must leave whole. */
export const LOAD: number = soaking ? 2_000 : 250

/** Lines of the many small mails, and of every twentieth, which comes in many pieces. */
const LINES = { few: 40, many: 1500 } as const

/** `more` is what stands in the body of the nth mail beside its id. */
export function seal(name: string, count: number, more: (n: number) => string = () => ''): readonly Sealed[] {
  const prefix = name.replaceAll(/[^a-z0-9]+/gi, '-')
  return Array.from({ length: count }, (_, n) => {
    const id = `${prefix}-${n}@example.com`
    const lines = n % 20 === 7 ? LINES.many : (n * 37) % LINES.few
    return { id, bytes: `Message-ID: <${id}>\r\n\r\n${more(n)}\r\n${`${id} .\r\n.\r\n`.repeat(lines)}` }
  })
}

export interface Posted {
  /** How often a letter was not taken and had to be sent again. */
  readonly again: number
  /** Replies that refused a letter for good. */
  readonly refused: readonly string[]
}

/** Sends all mails, several at a time, each until it is taken or refused for good (RFC 5321 §4.5.4.1). */
export async function post(port: number, mails: readonly Sealed[], clients = 10): Promise<Posted> {
  const left = [...mails]
  const refused: string[] = []
  let again = 0
  const serve = async (): Promise<void> => {
    let client: Client | undefined
    for (let mail = left.pop(); mail !== undefined; mail = left.pop()) {
      const { bytes } = mail
      try {
        client ??= await greeted(port)
        const reply = await client.send({ sender: 's@example.com', recipients: ['r@example.net'], bytes })
        if (reply.code >= 500) refused.push(reply.raw.toString())
        if (reply.code < 400 || reply.code >= 500) continue
      } catch {
        // The connection is gone, or a command was refused: what comes next says whether that lasts.
      }
      again += 1
      left.unshift(mail)
      client?.close()
      client = undefined
      await sleep(50)
    }
    await client?.quit().catch(() => {})
  }
  await Promise.all(Array.from({ length: clients }, serve))
  return { again, refused }
}

/** What became of mails. Every member but `repeats` should be empty. */
export interface Account {
  readonly missing: readonly string[]
  /** Came and were not expected: bounces, and what should have been stopped. */
  readonly strange: readonly string[]
  readonly altered: readonly string[]
  /** Came without the mark of a filter that saw the whole message, or with more than one. */
  readonly unjudged: readonly string[]
  /** Messages that came once too often. */
  readonly repeats: number
}

/** Accounts for the mails that should have arrived; `received` is all that did. */
export function account(mails: readonly Sealed[], received: readonly Received[]): Account {
  const expected = new Map(mails.map(({ id, bytes }) => [id, hashOfBody(bytes)]))
  const arrived = received.map(({ bytes }) => {
    const text = bytes.toString('latin1')
    const marks = [...text.matchAll(/^X-Judged: (.*)\r\n/gm)].map((match) => match[1])
    return { id: idOf(text), hash: hashOfBody(text), marks: marks.join(' ') }
  })
  const known = arrived.filter(({ id }) => expected.has(id))
  const came = new Set(known.map(({ id }) => id))
  return {
    missing: [...expected.keys()].filter((id) => !came.has(id)),
    strange: arrived.filter(({ id }) => !expected.has(id)).map(({ id }) => id),
    altered: known.filter(({ id, hash }) => hash !== expected.get(id)).map(({ id }) => id),
    unjudged: known.filter(({ id, marks }) => marks !== expected.get(id)).map(({ id }) => id),
    repeats: known.length - came.size,
  }
}

/** The Message-ID, without angle brackets. */
export function idOf(message: string): string {
  return /^Message-ID: <(.*)>/im.exec(message)?.[1] ?? message.slice(0, 200)
}

/** The body of a filter file's `judge` that marks a message with the hash of the body it saw. */
export const MARKING = `
  const { createHash } = await import('node:crypto')
  const parts = []
  for await (const part of message.open()) parts.push(part)
  const bytes = Buffer.concat(parts)
  const value = createHash('sha256').update(bytes.subarray(bytes.indexOf('\\r\\n\\r\\n'))).digest('hex')
  return { action: 'accept', edits: [{ add: 'X-Judged', value }] }
`

async function greeted(port: number): Promise<Client> {
  const client = await connect(port)
  await client.ehlo()
  return client
}

function hashOfBody(message: string): string {
  return createHash('sha256')
    .update(message.slice(message.indexOf('\r\n\r\n')), 'latin1')
    .digest('hex')
}
