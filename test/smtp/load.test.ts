/**
 * A thousand messages through a real Postfix while things die: each must arrive, whole, and none may bounce. Twice it may
 * arrive, where a process died between the next hop's 250 and ours (RFC 5321 §4.5.4.1 says so too); that is counted.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../ground/client.js'
import { type RelayGround, startRelay } from '../ground/relay.js'

const MESSAGES = 1000
const CLIENTS = 5

let ground: RelayGround
beforeAll(async () => {
  ground = await startRelay({ main: { maximal_backoff_time: '1s', smtp_destination_concurrency_limit: '50' } })
})
afterAll(() => ground.stop())

interface Sent {
  readonly id: string
  readonly bytes: string
}

/** Of all sizes up to some 40 KiB, so that some come in many pieces. */
function makeLetter(id: string, n: number): Sent {
  return { id, bytes: `Message-ID: <${id}>\r\n\r\n${`${id} .\r\n.\r\n`.repeat((n * 37) % 2000)}` }
}

async function sendAll(letters: readonly Sent[]): Promise<void> {
  const left = [...letters]
  const send = async (): Promise<void> => {
    const client = await connect(ground.postfix.port)
    await client.ehlo()
    for (let letter = left.pop(); letter !== undefined; letter = left.pop()) {
      const reply = await client.send({ sender: 's@example.com', recipients: ['r@example.net'], bytes: letter.bytes })
      expect(reply.code).toBe(250)
    }
    await client.quit()
  }
  await Promise.all(Array.from({ length: CLIENTS }, send))
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex')
}

function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n'))
}

/** What dies, again and again until the mail is through. */
const deaths: Readonly<Record<string, (turn: number) => Promise<void>>> = {
  'workers are killed': async (turn) => {
    const workers = ground.workers()
    const pid = workers[turn % Math.max(1, workers.length)]
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  },
  'candy is reloaded': async () => void process.kill(ground.pid(), 'SIGHUP'),
  'candy is stopped and started': async () => {
    await ground.end()
    await ground.start()
  },
  'candy is killed and started': async () => {
    process.kill(ground.pid(), 'SIGKILL')
    await ground.start()
  },
}

test.each(Object.entries(deaths))('%s', async (name, strike) => {
  const { postfix, sink } = ground
  const from = (await postfix.log()).length
  sink.clear()
  const prefix = name.replaceAll(' ', '-')
  const letters = Array.from({ length: MESSAGES / 4 }, (_, n) => makeLetter(`${prefix}-${n}@example.com`, n))
  let going = true
  const striking = (async () => {
    for (let turn = 0; going; turn++) {
      await sleep(300)
      await strike(turn)
    }
  })()
  const arrived = new Map<string, string[]>()
  try {
    await sendAll(letters)
    await sleep(1000)
  } finally {
    going = false
    await striking
  }
  await postfix.flush()
  await postfix.waitUntilEmpty(60_000)
  for (const { bytes } of sink.messages) {
    const text = bytes.toString('latin1')
    const id = /^Message-ID: <(.*)>/im.exec(text)?.[1] ?? ''
    arrived.set(id, [...(arrived.get(id) ?? []), hashOf(bodyOf(text))])
  }
  expect((await postfix.log()).slice(from)).not.toMatch(/status=(bounced|expired|undeliverable)/)
  expect([...arrived.keys()].sort()).toEqual(letters.map(({ id }) => id).sort())
  for (const { id, bytes } of letters) expect(new Set(arrived.get(id))).toEqual(new Set([hashOf(bodyOf(bytes))]))
  const twice = sink.messages.length - letters.length
  expect(twice).toBeLessThan(letters.length / 10)
})
