/** The relay's part against SMTP smuggling, in both directions: one message in, one message out. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Verdict } from '@candy/sdk'
import { expect, test } from 'vitest'
import type { Client } from '../../../../test/kit/client.js'
import { ATTEMPTS, FALSE_ENDS, SECOND } from '../../../../test/kit/smuggling.js'
import { chunks, makeFilter } from '../support.js'
import { begin, MESSAGE, type StartedRelay, startRelay } from './started-relay.js'

/** A relay whose filter returns the verdict that was set last. */
async function startObedient(): Promise<{ relay: StartedRelay; client: Client; say(verdict: Verdict): void }> {
  let next: Verdict = { action: 'accept' }
  const relay = await startRelay({ filters: [makeFilter('obedient', () => next, {}, true)] })
  const say = (verdict: Verdict): void => {
    next = verdict
  }
  return { relay, client: await relay.greet(), say }
}

function expectOneEach({ sink }: StartedRelay): void {
  expect(sink.count).toBe(ATTEMPTS.length)
  for (const { bytes, sender } of sink.messages) {
    expect(sender).toBe('a@example.com')
    expect(bytes.toString('latin1')).toContain('smuggled')
    expect(bytes.toString('latin1').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  }
}

test('data of a client is one message, whatever false end is in it and wherever the chunks are cut', async () => {
  const { relay, client } = await startObedient()
  for (const pieces of ATTEMPTS) {
    await begin(client)
    for (const piece of pieces) {
      client.write(piece)
      await turn()
    }
    client.write('.\r\nNOOP\r\n')
    expect((await client.read()).lines[0]).toMatch(/^2\.0\.0 Ok: kept \(candy-\w+\)$/)
    expect((await client.read()).lines[0]).toBe('2.0.0 Ok')
  }
  expectOneEach(relay)
})

test('content of a filter is one message, whatever false end is in it and wherever the chunks are cut', async () => {
  const { relay, client, say } = await startObedient()
  for (const pieces of ATTEMPTS) {
    say({ action: 'accept', content: () => chunks(...pieces) })
    expect((await client.send(MESSAGE)).code).toBe(250)
  }
  expectOneEach(relay)
})

test.each(FALSE_ENDS)('%j in a field that a filter adds, and nothing goes on', async (end) => {
  const { relay, client, say } = await startObedient()
  for (const edit of [
    { add: 'X-Added', value: `x${end}${SECOND}` },
    { add: `X-Added: x${end}${SECOND}`, value: '' },
    { remove: `X-Added${end}${SECOND}` },
  ]) {
    say({ action: 'accept', edits: [edit] })
    expect((await client.send(MESSAGE)).code).toBe(451)
  }
  expect(relay.sink.count).toBe(0)
})

test.each(FALSE_ENDS)('%j in the reason of a filter, and the client gets one reply', async (end) => {
  const { client, say } = await startObedient()
  for (const action of ['reject', 'defer'] as const) {
    say({ action, text: `no${end}250 2.0.0 Ok\r\n` })
    expect((await client.send(MESSAGE)).lines).toHaveLength(1)
    expect((await client.command('NOOP')).lines).toEqual(['2.0.0 Ok'])
  }
})
