import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ConnectionPool } from '../../src/relay/connection-pool.js'
import { type RelayGround, startRelay } from './started-relay.js'

const LETTER = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\n' }

async function start(): Promise<{ ground: RelayGround; pool: ConnectionPool }> {
  const pool = new ConnectionPool()
  onTestFinished(() => pool.close())
  return { ground: await startRelay({ pool }), pool }
}

test('a session takes over the connection of the one before', async () => {
  const { ground, pool } = await start()
  for (let n = 0; n < 5; n++) {
    const client = await ground.greet()
    expect((await client.send(LETTER)).code).toBe(250)
    await client.quit()
    await expect.poll(() => pool.size).toBe(1)
  }
  expect(ground.sink.sessions).toBe(1)
  expect(ground.sink.count).toBe(5)
})

test('sessions at the same time have connections of their own', async () => {
  const { ground, pool } = await start()
  const [first, second] = [await ground.greet(), await ground.greet()]
  await first.expect('MAIL FROM:<a@example.com>')
  expect((await second.send(LETTER)).code).toBe(250)
  await second.quit()
  await expect.poll(() => pool.size).toBe(1)
  expect(ground.sink.sessions).toBe(2)
})

test('a connection with a transaction under way is left to nobody', async () => {
  const { ground, pool } = await start()
  const client = await ground.greet()
  await client.expect('XFORWARD NAME=secret')
  await client.expect('MAIL FROM:<a@example.com>')
  await client.expect('RCPT TO:<b@example.net>')
  client.close()
  await expect.poll(() => ground.sessions.size).toBe(0)
  expect(pool.size).toBe(0)
  const next = await ground.greet()
  expect((await next.send(LETTER)).code).toBe(250)
  expect(ground.sink.messages[0]?.transcript.map(String)).not.toContain('XFORWARD NAME=secret')
})

test('a connection that greeted under another name is not taken over', async () => {
  const { ground, pool } = await start()
  await (await ground.greet()).quit()
  await expect.poll(() => pool.size).toBe(1)
  expect(pool.acquire('other.example.test')).toBeUndefined()
  expect(pool.acquire('mx.example.test')).toBeDefined()
})

test('a connection that the next hop has closed meanwhile harms nobody', async () => {
  const { ground, pool } = await start()
  await (await ground.greet()).quit()
  await expect.poll(() => pool.size).toBe(1)
  ground.sink.hangUp()
  const client = await ground.greet()
  expect((await client.send(LETTER)).code).toBe(250)
})

test('a connection lies idle for a moment only', async () => {
  const { ground, pool } = await start()
  await (await ground.greet()).quit()
  await expect.poll(() => pool.size).toBe(1)
  await sleep(1000)
  await expect.poll(() => pool.size).toBe(0)
})
