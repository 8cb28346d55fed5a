/**
 * Stands between Postfix and candy, at the socket where Postfix looks for the milter, and passes the packets of both on, one after the
 * other. A test says for each connection after which packet it stops, and which packets it loses.
 */
import { once } from 'node:events'
import { chmod, rename } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { type Packet, PacketReader, writePacket } from '@candy/milter'

/** What happens to the packets of a connection. All are passed on unless said. */
export interface Passage {
  /** The number of packets, of both directions together, that are passed on. */
  readonly packets?: number
  /** Whether half of the next packet is passed on, too. */
  readonly half?: boolean
  /** Commands of packets from candy that Postfix does not get. */
  readonly lost?: string
}

interface Conversation {
  /** The commands of the packets that were passed on, in their order: those of Postfix in upper case, those of candy in lower case. */
  passed(): string
  /** Ends when there is a packet that is not passed on. */
  readonly stopped: Promise<void>
}

export interface PacketProxy extends AsyncDisposable {
  /** Waits for the next connection, which gets this passage. Connections that nobody waits for pass all on. */
  next(passage: Passage): Promise<Conversation>
}

/** Takes the place of the socket at `path`, which is moved. */
export async function startPacketProxy(path: string): Promise<PacketProxy> {
  const behind = `${path}.behind`
  await rename(path, behind)
  const sockets = new Set<Socket>()
  const expected: { readonly passage: Passage; readonly begin: (conversation: Conversation) => void }[] = []
  const server = createServer((front) => {
    const back = connect(behind)
    for (const socket of [front, back]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    const { passage = {}, begin } = expected.shift() ?? {}
    const conversation = converse(front, back, passage)
    begin?.(conversation)
  })
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o666)
  return {
    next: (passage) => new Promise((begin) => expected.push({ passage, begin })),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
      await rename(behind, path)
    },
  }
}

/** `front` is the connection of Postfix, `back` the one to candy. When one ends, so does the other. */
function converse(
  front: Socket,
  back: Socket,
  { packets = Number.POSITIVE_INFINITY, half, lost = '' }: Passage,
): Conversation {
  let passed = ''
  let stop = (): void => {}
  let isStopped = false
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  const pass = ({ command, data }: Packet, name: string, to: Socket): void => {
    if (isStopped) return
    const bytes = writePacket(command, data)
    if (passed.length < packets) {
      passed += name
      to.write(bytes)
      return
    }
    isStopped = true
    if (half === true) to.write(bytes.subarray(0, bytes.length / 2))
    stop()
  }
  const fromPostfix = new PacketReader()
  front.on('data', (chunk) => {
    for (const packet of fromPostfix.read(chunk)) pass(packet, packet.command.toUpperCase(), back)
  })
  const fromCandy = new PacketReader()
  back.on('data', (chunk) => {
    for (const packet of fromCandy.read(chunk)) {
      if (!lost.includes(packet.command)) pass(packet, packet.command.toLowerCase(), front)
    }
  })
  front.on('close', () => back.destroySoon())
  back.on('close', () => front.destroySoon())
  return { passed: () => passed, stopped }
}
