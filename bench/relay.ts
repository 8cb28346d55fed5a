/**
 * The relay alone, for whoever makes it faster: clients that speak as Postfix's lmtp(8) and smtpd(8) do, straight into
 * `candy serve`, and a next hop in this process. No Postfix and no queue; what counts is the runner's processor time.
 */
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type Client, connect } from '../test/kit/client.js'
import { startDaemon } from '../test/kit/daemon.js'
import { installCandy } from '../test/kit/installation.js'
import { makeScratch } from '../test/kit/scratch.js'
import { writeSite } from '../test/kit/service.js'
import { startSink } from '../test/kit/sink.js'
import type { Started } from '../test/kit/started.js'
import { MESSAGES } from './message.js'
import { family, processorTime } from './processes.js'
import type { Progress } from './progress.js'
import { good } from './sending.js'
import type { Sheet } from './sheet.js'

/** At the same time: as many as the transport that `candy enable` writes may have. */
const SESSIONS = 10
const WORKERS = 2

/** What lmtp(8) asks of one connection before it makes a new one (max_use); smtpd(8) makes one for every message. */
const MAX_USE = 100

/** Messages after which V8 has compiled what there is to compile. */
const WARM_UP = 3000

const XFORWARD = 'XFORWARD NAME=client.example.com ADDR=192.0.2.1 PORT=1234 PROTO=ESMTP HELO=client.example.com'
const TRANSACTION = [XFORWARD, 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.net>', 'DATA']

const NEXT_HOP = ['PIPELINING', 'SIZE 104857600', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES', 'CHUNKING']
const KEYWORDS = [...NEXT_HOP, 'XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT']

const CLIENTS = { smtp: sendAsLmtp, 'smtp-before': sendAsProxy } as const
type Mode = keyof typeof CLIENTS

/** Measures both modes with every size, for about so many seconds each. */
export async function benchRelay(seconds: number, progress: Progress, started: Started): Promise<Sheet> {
  const rows: string[][] = []
  for (const mode of Object.keys(CLIENTS) as Mode[]) {
    progress.next(`${mode}: warming up`)
    const { socket, pid } = await startRunner(mode, started)
    await send(mode, socket, MESSAGES['4 KiB'], atMost(WARM_UP))
    for (const [size, bytes] of Object.entries(MESSAGES)) {
      progress.next(`${mode}: ${size}`)
      const before = processorTime(family([pid]))
      const begun = performance.now()
      const count = await send(mode, socket, bytes, forSeconds(seconds))
      const rate = (count * 1000) / (performance.now() - begun)
      const after = processorTime(family([pid]))
      const user = (after.user - before.user) / count
      const system = (after.system - before.system) / count
      const costs = [user + system, user, system].map((cost) => cost.toFixed(3))
      rows.push([`${mode}, ${size}`, String(count), rate.toFixed(0), ...costs])
    }
    await started.stop()
  }
  return { head: ['relay alone', 'messages', 'messages/s', 'CPU ms', 'user', 'system'], rows }
}

interface Runner {
  readonly socket: string
  readonly pid: number
}

async function startRunner(mode: Mode, started: Started): Promise<Runner> {
  const scratch = await started.own(makeScratch('bench'))
  const { candy } = await installCandy(join(scratch.path, 'candy'))
  const site = join(scratch.path, 'site')
  const socket = join(site, 'state/front')
  const hop = join(site, 'state/hop')
  const smtp = [`listen = "unix:${socket}"`, `next_hop = "unix:${hop}"`]
  await writeSite(site, { mode, smtp, log: join(site, 'state/log') })
  await started.own(startSink({ path: hop, keep: false, keywords: KEYWORDS }))
  await chmod(hop, 0o777)
  const { pid } = await started.own(
    startDaemon({
      command: process.execPath,
      args: [candy, '--config', site, 'serve', '--workers', String(WORKERS)],
      ready: async () => {
        const client = await connect(socket)
        await client.quit()
        return true
      },
    }),
  )
  return { socket, pid }
}

/** Asked before each message. */
type GoesOn = () => boolean

function atMost(count: number): GoesOn {
  let left = count
  return () => left-- > 0
}

function forSeconds(seconds: number): GoesOn {
  const end = performance.now() + seconds * 1000
  return () => performance.now() < end
}

/** Returns how many were sent. */
async function send(mode: Mode, socket: string, bytes: Buffer, goesOn: GoesOn): Promise<number> {
  const content = Buffer.concat([bytes, Buffer.from('.\r\n')])
  let count = 0
  const counted = (): boolean => goesOn() && ++count > 0
  await Promise.all(Array.from({ length: SESSIONS }, () => CLIENTS[mode](socket, content, counted)))
  return count
}

/** As lmtp(8) does with PIPELINING: a transaction up to DATA in one write, and many of them in one session. */
async function sendAsLmtp(socket: string, content: Buffer, goesOn: GoesOn): Promise<void> {
  const transaction = Buffer.from(TRANSACTION.map((line) => `${line}\r\n`).join(''))
  let client = await greet(socket)
  for (let sent = 0; goesOn(); sent++) {
    if (sent === MAX_USE) {
      sent = 0
      await client.quit()
      client = await greet(socket)
    }
    client.write(transaction)
    for (const _ of TRANSACTION) good(await client.read())
    client.write(content)
    good(await client.read())
  }
  await client.quit()
}

async function greet(socket: string): Promise<Client> {
  const client = await connect(socket)
  await client.expect('LHLO mx.example.com')
  return client
}

/** As smtpd(8) does (smtpd_proxy.c): a session for every message, one command at a time, and no ear for the answer to QUIT. */
async function sendAsProxy(socket: string, content: Buffer, goesOn: GoesOn): Promise<void> {
  while (goesOn()) {
    const client = await connect(socket)
    await client.expect('EHLO mx.example.com')
    for (const line of TRANSACTION) await client.expect(line)
    client.write(content)
    good(await client.read())
    client.write('QUIT\r\n')
    client.close()
  }
}
