/** The real front on a UNIX socket in this process, and packets to it as Postfix sends them, or as it never would. */
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { PacketReader, writePacket } from '@candy/milter'
import { onTestFinished } from 'vitest'
import { Chain } from '../../src/chain/chain.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { MilterConnection } from '../../src/milter/connection.js'
import type { Milter } from '../../src/milter/milter.js'
import { type MemoryHistory, type MemoryLog, memoryHistory, memoryLog, scratch } from '../support.js'

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const strings = (...texts: readonly string[]): Buffer =>
  Buffer.from(texts.map((text) => `${text}\0`).join(''), 'latin1')

export const OFFER: Buffer = writePacket('O', ...[6, 0x1ff, 0x1f_ffff].map(uint32))
export const CONNECT: Buffer = writePacket('C', strings('mx.example.com'), Buffer.from('4\0\x19'), strings('192.0.2.9'))
export const ABORT: Buffer = writePacket('A')

/** From MAIL to the end; by default to one recipient. */
export function messageTo(...recipients: readonly string[]): readonly Buffer[] {
  return [
    writePacket('D', Buffer.from('M'), strings('{auth_authen}', 'joe', 'j', 'mx.example.test')),
    writePacket('M', strings('<a@example.com>', 'SIZE=100', 'AUTH=<>')),
    ...(recipients.length === 0 ? ['<b@example.net>'] : recipients).map((one) =>
      writePacket('R', strings(one, 'NOTIFY=NEVER')),
    ),
    writePacket('D', Buffer.from('T'), strings('i', 'ABC123')),
    writePacket('L', strings('Subject', ' x')),
    writePacket('B', Buffer.from('body\r\n')),
    writePacket('E'),
  ]
}

export interface Upstream {
  send(...packets: readonly Uint8Array[]): void
  /** The next reply, as text: its command and its data. Empty when the connection has ended. */
  reply(): Promise<string>
}

export interface StartedMilter {
  readonly log: MemoryLog
  readonly history: MemoryHistory
  readonly connections: ReadonlySet<MilterConnection>
  connect(): Promise<Upstream>
}

/** It is stopped after the test. */
export async function startMilter(
  filters: readonly ConfiguredFilter[],
  options: Partial<Milter> = {},
): Promise<StartedMilter> {
  const directory = scratch()
  const quarantine = join(directory, 'quarantine')
  mkdirSync(quarantine)
  const log = memoryLog()
  const history = memoryHistory()
  const spool = { directory, memory: 1024 ** 2 }
  const chain = new Chain(filters, { spool, log, onReject: 'refuse' })
  const milter = { deadline: 5_000, packetLimit: 100_000, chain, spool, quarantine, log, history, ...options }
  const connections = new Set<MilterConnection>()
  const server = createServer((socket) => {
    const connection = new MilterConnection(socket, milter)
    connections.add(connection)
    void connection.run().then(() => connections.delete(connection))
  })
  const path = join(directory, 'milter')
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { log, history, connections, connect: () => connectTo(path) }
}

async function connectTo(path: string): Promise<Upstream> {
  const socket = connect(path)
  await once(socket, 'connect')
  onTestFinished(() => void socket.destroy())
  const reader = new PacketReader()
  const replies: string[] = []
  const waiting: ((reply: string) => void)[] = []
  const give = (reply: string): void => {
    const resolve = waiting.shift()
    if (resolve === undefined) replies.push(reply)
    else resolve(reply)
  }
  socket.on('data', (chunk) => {
    for (const { command, data } of reader.read(chunk)) give(`${command} ${data.toString('latin1')}`)
  })
  socket.on('error', () => {})
  socket.on('close', () => give(''))
  return {
    send: (...packets) => void socket.write(Buffer.concat(packets)),
    reply: async () => replies.shift() ?? (await new Promise((resolve) => waiting.push(resolve))),
  }
}
