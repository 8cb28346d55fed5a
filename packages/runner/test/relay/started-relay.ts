/** The real relay between a real client and a real next hop, all on UNIX sockets in this process. */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Message, Verdict } from '@candy/sdk'
import { onTestFinished } from 'vitest'
import { type Client, connect } from '../../../../test/kit/client.js'
import { type Sink, type SinkOptions, startSink } from '../../../../test/kit/sink.js'
import { AddressMap } from '../../src/chain/address-map.js'
import { Chain } from '../../src/chain/chain.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import type { Log } from '../../src/log/log.js'
import { CLEANUP_DEFAULTS } from '../../src/message/cleanup.js'
import type { Relay } from '../../src/relay/relay.js'
import { RelaySession } from '../../src/relay/session.js'
import { type MemoryHistory, type MemoryLog, makeFilter, memoryHistory, memoryLog, scratch } from '../support.js'

export interface StartedRelay {
  readonly path: string
  readonly sink: Sink
  readonly log: MemoryLog
  readonly history: MemoryHistory
  readonly quarantine: string
  readonly sessions: ReadonlySet<RelaySession>
  /** A client that has sent its greeting. */
  greet(): Promise<Client>
}

export interface RelayOptions extends Partial<Relay> {
  readonly filters?: readonly ConfiguredFilter[]
  readonly sink?: SinkOptions
}

/** It is stopped after the test. */
export async function startRelay({
  filters = [],
  sink: sinkOptions,
  ...options
}: RelayOptions = {}): Promise<StartedRelay> {
  const directory = scratch()
  const quarantine = join(directory, 'quarantine')
  mkdirSync(quarantine)
  const sink = await startSink({ path: join(directory, 'sink'), ...sinkOptions })
  const log = memoryLog()
  const history = memoryHistory()
  const relay = { ...relayIn(directory, filters, log), quarantine, history, ...options }
  const sessions = new Set<RelaySession>()
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const session = new RelaySession(socket, relay)
    sessions.add(session)
    void session.run().then(() => sessions.delete(session))
  })
  const path = join(directory, 'relay')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(async () => {
    server.close()
    await sink.stop()
  })
  return {
    path,
    sink,
    log,
    history,
    quarantine,
    sessions,
    greet: async () => {
      const client = await connect(path)
      onTestFinished(() => client.close())
      await client.expect(relay.protocol === 'lmtp' ? 'LHLO mx.example.test' : 'EHLO mx.example.test')
      return client
    },
  }
}

/** The filter, but off for recipients in off.example.net, and refusing what it rejects for those in refuse.example.net. */
export function withRules(filter: ConfiguredFilter): ConfiguredFilter {
  const refusing: ConfiguredFilter = { ...filter, policy: { ...filter.policy, onReject: 'refuse' } }
  const rules = [
    ['off.example.net', 'off'],
    ['refuse.example.net', refusing],
  ] as const
  return { ...filter, recipients: new AddressMap<ConfiguredFilter | 'off'>(rules) }
}

/** A relay between sockets of one directory, whose next hop is `sink` there. */
export function relayIn(directory: string, filters: readonly ConfiguredFilter[], log: Log = memoryLog()): Relay {
  const spool = { directory, memory: 100_000 }
  return {
    mode: 'smtp',
    protocol: 'lmtp',
    nextHop: { path: join(directory, 'sink') },
    deadline: 20_000,
    replyTimeout: 20_000,
    idle: 20_000,
    chain: new Chain(filters, { spool, log }),
    spool,
    cleanup: CLEANUP_DEFAULTS,
    quarantine: directory,
    log,
    history: memoryHistory(),
  }
}

/** A filter that does what the Subject field says: `Subject: reject` and so on. */
export const obedient: ConfiguredFilter = makeFilter('obedient', async (message: Message): Promise<Verdict> => {
  const word = /^Subject: (\w+)/m.exec(Buffer.from(await message.headers()).toString('latin1'))?.[1]
  if (word === 'reject' || word === 'quarantine' || word === 'defer') return { action: word, text: 'as you wish' }
  if (word === 'throw') throw new Error('as you wish')
  return { action: 'accept', edits: word === 'add' ? [{ add: 'X-Obedient', value: 'yes' }] : [] }
})

export const MESSAGE = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nbody\r\n' }

/** A transaction up to the point where the message may come. */
export async function begin(client: Client): Promise<void> {
  await client.expect('MAIL FROM:<a@example.com>')
  await client.expect('RCPT TO:<b@example.net>')
  await client.expect('DATA')
}
