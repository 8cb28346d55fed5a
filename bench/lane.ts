/** One way for mail to take, from an SMTP client to the next hop, ready to be measured beside others. */
import { performance } from 'node:perf_hooks'
import { connect } from '../test/ground/client.js'
import type { Ground } from '../test/ground/ground.js'

/** Sessions that send at the same time. */
const SESSIONS = 10

/** 4 KiB in all, as most mail is small. */
const BODY = `${'0123456789abcdef'.repeat(4)}\r\n`.repeat(60)
const MESSAGE = Buffer.from(`From: a@example.com\r\nTo: b@example.net\r\nSubject: bench\r\n\r\n${BODY}`)

export interface Lane {
  readonly name: string
  readonly ground: Ground
}

/** Sends `count` messages and waits until the next hop has them all. Messages a second. */
export async function throughput({ ground }: Lane, count: number): Promise<number> {
  const before = ground.sink.count
  const started = performance.now()
  let left = count
  const session = async (): Promise<void> => {
    await using client = await connect(ground.postfix.port)
    await client.ehlo()
    while (left-- > 0) await client.send({ sender: 'a@example.com', recipients: ['b@example.net'], bytes: MESSAGE })
  }
  await Promise.all(Array.from({ length: SESSIONS }, session))
  await ground.sink.waitFor(before + count, 600_000)
  return (count * 1000) / (performance.now() - started)
}

/** Milliseconds from a client's connection to the next hop's final dot, for messages that travel alone. */
export async function loneMessages({ ground }: Lane, count: number): Promise<number[]> {
  const times: number[] = []
  for (let sent = 0; sent < count; sent++) {
    const before = ground.sink.count
    const started = performance.now()
    await using client = await connect(ground.postfix.port)
    await client.ehlo()
    await client.send({ sender: 'a@example.com', recipients: ['b@example.net'], bytes: MESSAGE })
    await ground.sink.waitFor(before + 1, 60_000)
    times.push(performance.now() - started)
  }
  return times
}
