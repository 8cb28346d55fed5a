import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type Client, connect } from '../../../../test/kit/client.js'
import { startSink } from '../../../../test/kit/sink.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { RelaySession } from '../../src/relay/session.js'
import { type SessionServer, startSessionServer } from '../../src/service/session-server.js'
import { relayIn } from '../relay/started-relay.js'
import { makeFilter, scratch } from '../support.js'

async function start(
  limit: number,
  filters: readonly ConfiguredFilter[] = [],
): Promise<{ server: SessionServer; path: string }> {
  const directory = scratch()
  const path = join(directory, 'lmtp')
  const sink = await startSink({ path: join(directory, 'sink') })
  const relay = relayIn(directory, filters)
  const listener = {
    socket: { path },
    log: relay.log,
    limited: true,
    paused: true,
    begin: (socket: Socket) => new RelaySession(socket, relay),
  }
  const server = await startSessionServer([listener], limit)
  onTestFinished(async () => {
    await server.drain('close')
    await sink.stop()
  })
  return { server, path }
}

async function greeted(path: string): Promise<Client> {
  const client = await connect(path)
  onTestFinished(() => client.close())
  return client
}

test('more connections than the limit wait for their greeting, and get it when another ends', async () => {
  const { server, path } = await start(2)
  const first = await greeted(path)
  await greeted(path)
  let third: Client | undefined
  void greeted(path).then((client) => {
    third = client
  })
  await sleep(100)
  expect(third).toBeUndefined()
  expect(server.sessions).toBe(2)
  await first.quit()
  await expect.poll(() => third?.greeting.code).toBe(220)
  expect(server.sessions).toBe(2)
})

test('a client that goes away while it waits for its greeting takes no endpoint', async () => {
  const { server, path } = await start(1)
  const first = await greeted(path)
  const second = greeted(path)
  second.catch(() => {})
  const third = greeted(path)
  await sleep(50)
  await first.quit()
  ;(await second).close()
  expect((await third).greeting.code).toBe(220)
  await expect.poll(() => server.sessions).toBe(1)
})

test('draining waits for the message under way, and accepts no more', async () => {
  const filter = new EventEmitter()
  const slow = makeFilter('slow', async () => {
    filter.emit('judging')
    await once(filter, 'judge')
    return { action: 'accept' }
  })
  const { server, path } = await start(10, [slow])
  const client = await greeted(path)
  await client.expect('LHLO mx.example.test')
  const judging = once(filter, 'judging')
  const sent = client.send({ sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\n' })
  await judging
  const drained = server.drain('close')
  await expect(connect(path)).rejects.toThrow()
  filter.emit('judge')
  expect((await sent).code).toBe(250)
  await drained
  expect(server.sessions).toBe(0)
})
