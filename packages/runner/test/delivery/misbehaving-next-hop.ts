/**
 * A next hop that does not keep to SMTP: at every step it does what a test wants, and it records which messages it really had
 * when it replied 250. It listens on a real socket, accepts DATA and BDAT, and knows where a message ends.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

export const STEPS = ['connect', 'ehlo', 'xforward', 'mail', 'rcpt', 'data', 'content', 'end', 'rset'] as const

export type Step = (typeof STEPS)[number]

/**
 * What the next hop does at a step. `say` replaces the correct reply. `before` and `after` are sent in addition, each in a write of
 * its own.
 */
export interface Act {
  readonly before?: string
  readonly say?: string
  readonly after?: string
  /** Byte by byte. */
  readonly drip?: boolean
  /** How the connection ends after that. */
  readonly ending?: 'close' | 'silence'
}

/** A message that was received to its end: its first line, and whether a positive reply was sent then. */
interface ReceivedMessage {
  readonly firstLine: string
  readonly accepted: boolean
}

export interface MisbehavingNextHop {
  readonly path: string
  readonly messages: readonly ReceivedMessage[]
  /** Connections so far. */
  readonly connections: number
  /** Sets what it does. `connection` counts from 1. */
  behave(act: (step: Step, connection: number) => Act): void
  stop(): Promise<void>
}

const KEPT = '250 2.0.0 Ok: kept\r\n'

export const KEYWORDS: readonly string[] = [
  'PIPELINING',
  'SIZE 10000000',
  'XFORWARD NAME ADDR PROTO HELO IDENT',
  '8BITMIME',
]

export async function startMisbehavingNextHop(
  path: string,
  keywords: readonly string[] = KEYWORDS,
): Promise<MisbehavingNextHop> {
  const sockets = new Set<Socket>()
  const messages: ReceivedMessage[] = []
  let act: (step: Step, connection: number) => Act = () => ({})
  let connections = 0
  const server: Server = createServer({ noDelay: true }, (socket) => {
    connections += 1
    const number = connections
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    void converse(
      socket,
      keywords,
      (step) => act(step, number),
      (message) => messages.push(message),
    )
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    path,
    messages,
    get connections() {
      return connections
    },
    behave: (does) => {
      act = does
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function converse(
  socket: Socket,
  keywords: readonly string[],
  act: (step: Step) => Act,
  receive: (message: ReceivedMessage) => void,
): Promise<void> {
  const input = new Input(socket)
  let going = true
  const write = async (text: string, drip = false): Promise<void> => {
    for (const part of drip ? text : [text]) {
      if (socket.writable && part !== '') socket.write(part, 'latin1')
      if (drip) await turn()
    }
  }
  /** Does what is to be done at the step. */
  const reply = async (step: Step, proper: string): Promise<void> => {
    const { before, say, after, drip, ending } = act(step)
    if (before !== undefined) {
      await write(before, drip)
      await turn()
    }
    await write(say ?? proper, drip)
    if (after !== undefined) {
      await turn()
      await write(after, drip)
    }
    if (ending === 'close') socket.destroySoon()
    if (ending !== undefined) going = false
  }
  /** The content was received to its end: only now is 250 a reply to it. */
  const finish = async (content: string): Promise<void> => {
    const { before = '', say = KEPT } = act('end')
    receive({ firstLine: content.split('\r\n', 1)[0] ?? '', accepted: `${before}${say}`.startsWith('2') })
    await reply('end', KEPT)
  }
  await reply('connect', '220 rogue ESMTP\r\n')
  while (going) {
    const line = await input.line()
    if (line === undefined) return
    const verb = line.split(' ', 1)[0]?.toUpperCase()
    if (verb === 'EHLO') {
      const lines = ['rogue', ...keywords]
      await reply('ehlo', lines.map((text, at) => `250${at < keywords.length ? '-' : ' '}${text}\r\n`).join(''))
    } else if (verb === 'XFORWARD') await reply('xforward', '250 2.0.0 Ok\r\n')
    else if (verb === 'MAIL') await reply('mail', '250 2.1.0 Ok\r\n')
    else if (verb === 'RCPT') await reply('rcpt', '250 2.1.5 Ok\r\n')
    else if (verb === 'RSET') await reply('rset', '250 2.0.0 Ok\r\n')
    else if (verb === 'QUIT') {
      socket.end('221 2.0.0 Bye\r\n')
      return
    } else if (verb === 'DATA') {
      await reply('data', '354 go on\r\n')
      const { before = '', say = '354' } = act('data')
      if (!going || !`${before}${say}`.startsWith('354')) continue
      await reply('content', '')
      if (!going) return
      const content = await input.toDot()
      if (content === undefined) return
      await finish(content)
    } else if (verb === 'BDAT') {
      await reply('content', '')
      if (!going) return
      const content = await input.bytes(Number(line.split(' ')[1]))
      if (content === undefined) return
      await finish(content)
    } else await write('500 5.5.2 unknown command\r\n')
  }
}

/** Reads the socket as Latin-1. Returns undefined once nothing more comes. */
class Input {
  readonly #socket: Socket
  #text = ''
  #wake = (): void => {}
  #ended = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    socket.once('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  line(): Promise<string | undefined> {
    return this.#read(() => this.#text.indexOf('\r\n'), 2)
  }

  async toDot(): Promise<string | undefined> {
    if (this.#text === '') await this.#more()
    if (this.#text.startsWith('.\r\n')) {
      this.#text = this.#text.slice(3)
      return ''
    }
    return this.#read(() => this.#text.indexOf('\r\n.\r\n'), 5)
  }

  bytes(count: number): Promise<string | undefined> {
    return this.#read(() => (this.#text.length < count ? -1 : count), 0)
  }

  async #read(find: () => number, skip: number): Promise<string | undefined> {
    let at = find()
    while (at === -1) {
      if (this.#ended || this.#socket.destroyed) return undefined
      await this.#more()
      at = find()
    }
    const part = this.#text.slice(0, at)
    this.#text = this.#text.slice(at + skip)
    return part
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
