import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ConnectionPool } from '../../src/delivery/connection-pool.js'
import { type StartedRelay, startRelay } from '../relay/started-relay.js'

const MESSAGE = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\n' }

async function start(): Promise<{ relay: StartedRelay; pool: ConnectionPool }> {
  const pool = new ConnectionPool()
  onTestFinished(() => pool.close())
  return { relay: await startRelay({ pool }), pool }
}

test('a session takes over the connection of the one before', async () => {
  const { relay, pool } = await start()
  for (let n = 0; n < 5; n++) {
    const client = await relay.greet()
    expect((await client.send(MESSAGE)).code).toBe(250)
    await client.quit()
    await expect.poll(() => pool.size).toBe(1)
  }
  expect(relay.sink.sessions).toBe(1)
  expect(relay.sink.count).toBe(5)
})

test('sessions at the same time have connections of their own', async () => {
  const { relay, pool } = await start()
  const [first, second] = [await relay.greet(), await relay.greet()]
  await first.expect('MAIL FROM:<a@example.com>')
  expect((await second.send(MESSAGE)).code).toBe(250)
  await second.quit()
  await expect.poll(() => pool.size).toBe(1)
  expect(relay.sink.sessions).toBe(2)
})

test('a connection with a transaction under way is left to nobody', async () => {
  const { relay, pool } = await start()
  const client = await relay.greet()
  await client.expect('XFORWARD NAME=secret')
  await client.expect('MAIL FROM:<a@example.com>')
  await client.expect('RCPT TO:<b@example.net>')
  client.close()
  await expect.poll(() => relay.sessions.size).toBe(0)
  expect(pool.size).toBe(0)
  const next = await relay.greet()
  expect((await next.send(MESSAGE)).code).toBe(250)
  expect(relay.sink.messages[0]?.transcript.map(String)).not.toContain('XFORWARD NAME=secret')
})

test('a connection that greeted under another name is not taken over', async () => {
  const { relay, pool } = await start()
  await (await relay.greet()).quit()
  await expect.poll(() => pool.size).toBe(1)
  expect(pool.acquire('other.example.test')).toBeUndefined()
  expect(pool.acquire('mx.example.test')).toBeDefined()
})

test('a connection that the next hop has closed meanwhile harms nobody', async () => {
  const { relay, pool } = await start()
  await (await relay.greet()).quit()
  await expect.poll(() => pool.size).toBe(1)
  relay.sink.hangUp()
  const client = await relay.greet()
  expect((await client.send(MESSAGE)).code).toBe(250)
})

test('a connection lies idle for a moment only', async () => {
  const { relay, pool } = await start()
  await (await relay.greet()).quit()
  await expect.poll(() => pool.size).toBe(1)
  await sleep(1000)
  await expect.poll(() => pool.size).toBe(0)
})
