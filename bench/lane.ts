/** One way for mail to take, from an SMTP client to the next hop, ready to be measured beside others. */
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { connect } from '../test/ground/client.js'
import type { Ground } from '../test/ground/ground.js'
import type { RelayGround } from '../test/ground/relay.js'

/** Sessions that send at the same time. */
const SESSIONS = 10

/** 4 KiB in all, as most mail is small. */
const BODY = `${'0123456789abcdef'.repeat(4)}\r\n`.repeat(60)
const MESSAGE = Buffer.from(`From: a@example.com\r\nTo: b@example.net\r\nSubject: bench\r\n\r\n${BODY}`)

export interface Lane {
  readonly name: string
  /** The lane that it is compared with. */
  readonly against: string
  readonly ground: Ground
}

/** Milliseconds of processor time, user and system, that the lane's resident runner has used; undefined without one. */
export function processorTime({ ground }: Lane): number | undefined {
  if (!('workers' in ground)) return undefined
  const { pid, workers } = ground as RelayGround
  const ticks = [pid(), ...workers()].map((id) => {
    // proc(5): fields 14 and 15, after the name in parentheses; 100 ticks a second on every Linux that matters.
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, n) => sum + n, 0) * 10
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
