/** Load on the runner after the queue while processes die, are told to end or to reload, or find no room. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endure, type Fault, installMarking, LONG } from '../ground/fault.js'
import { writeFilterFile } from '../ground/filter-file.js'
import { fillDisk } from '../ground/full-disk.js'
import { account, idOf, LOAD, post, seal } from '../ground/mailbag.js'
import { signal } from '../ground/processes.js'
import { type RelayGround, startRelay } from '../ground/relay.js'
import type { Received } from '../ground/sink.js'

/** Deliveries at the same time: the process limit of the transport. */
const CONCURRENCY = 10

let ground: RelayGround
beforeAll(async () => {
  ground = await startRelay({
    smtp: ['hang = "4s"'],
    settings: ['[spool]', 'memory = "16KiB"'],
    main: {
      maximal_backoff_time: '1s',
      smtp_destination_concurrency_limit: '50',
      // A service whose process is killed before it has served anybody rests for a minute otherwise.
      service_throttle_time: '1s',
    },
  })
  const path = join(ground.directory, 'loop.js')
  await writeFilterFile(path, { judge: loopOnce(join(ground.state, 'loop')) })
  await ground.writeFilter('20-loop.toml', `filter = "${path}"\n`)
  await installMarking(ground)
})
afterAll(() => ground.stop())

/** Of all messages the first that finds the file takes it away, and never comes to an end. */
function loopOnce(path: string): string {
  const found = `await (await import('node:fs/promises')).unlink('${path}').then(() => true, () => false)`
  return `if (${found}) for (;;); return { action: 'accept' }`
}

function kill(pids: readonly number[], turn: number): void {
  const pid = pids[turn % Math.max(1, pids.length)]
  if (pid !== undefined) signal(pid, 'SIGKILL')
}

/** A process of Postfix's dies with the one message that it has. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'kill -9 of workers': { strike: async (turn) => kill(ground.workers(), turn), heals: true, repeats: CONCURRENCY },
  'kill -9 of the whole runner': {
    strike: async () => {
      for (const pid of [ground.pid(), ...ground.workers()]) signal(pid, 'SIGKILL')
      await ground.start()
    },
    heals: true,
    repeats: CONCURRENCY,
  },
  'kill -9 of lmtp processes': {
    strike: async (turn) => kill(ground.postfix.servers('candy-lmtp'), turn),
    pause: 100,
    repeats: 1,
  },
  'kill -9 of smtpd processes, in front and behind': {
    strike: async (turn) =>
      kill(ground.postfix.servers(turn % 2 === 0 ? 'candy-in' : `127.0.0.1:${ground.postfix.port}`), turn >> 1),
    pause: 100,
    repeats: 1,
  },
  'a storm of SIGHUP': {
    strike: async () => {
      for (let n = 0; n < 10; n++) {
        signal(ground.pid(), 'SIGHUP')
        await sleep(10)
      }
    },
    heals: true,
  },
  'a storm of SIGTERM, and a new start': {
    strike: async () => {
      for (let n = 0; n < 10; n++) for (const pid of [ground.pid(), ...ground.workers()]) signal(pid, 'SIGTERM')
      await ground.end()
      await ground.start()
    },
    heals: true,
  },
  'a full spool': fullSpool(),
  'a filter in an endless loop': {
    strike: () => writeFile(join(ground.state, 'loop'), ''),
    heals: true,
    repeats: CONCURRENCY,
  },
}

/** A file system with hardly any room, which comes and goes. */
function fullSpool(): Fault {
  let empty: (() => void) | undefined
  const mend = async (): Promise<void> => {
    empty?.()
    empty = undefined
  }
  const strike = async (): Promise<void> => {
    if (empty !== undefined) return mend()
    empty = fillDisk(ground.pid(), join(ground.state, 'spool'))
  }
  return { strike, mend }
}

test.for(Object.entries(FAULTS))('%s', { timeout: LONG }, async ([name, fault], { annotate }) => {
  const { strokes, again, repeats } = await endure(ground, fault, seal(name, LOAD))
  await annotate(`${strokes} strokes; ${again} letters sent again, ${repeats} messages twice`)
})

test('a restart: mail that comes after it goes at once, though what came during it waits its turn', {
  timeout: LONG,
}, async () => {
  const hour = '3600s'
  await using slow = await startRelay({
    main: { minimal_backoff_time: hour, maximal_backoff_time: hour, queue_run_delay: hour, transport_retry_time: hour },
  })
  await installMarking(slow)
  const { postfix, sink } = slow
  const before = seal('before the restart', LOAD)
  const posting = post(postfix.port, before)
  for (let n = 0; n < 3; n++) {
    await sleep(300)
    await slow.end()
    await sleep(100)
    await slow.start()
  }
  await posting
  const after = seal('after the restart', 100)
  await post(postfix.port, after)
  const ids = new Set(after.map(({ id }) => id))
  const arrived = (): readonly Received[] =>
    sink.messages.filter(({ bytes }) => ids.has(idOf(bytes.toString('latin1'))))
  await postfix.waitUntil('the mail after the restart', () => arrived().length >= after.length)
  await postfix.flush()
  await postfix.waitUntilEmpty(LONG)
  expect(account([...before, ...after], sink.messages)).toEqual({
    missing: [],
    strange: [],
    altered: [],
    unjudged: [],
    repeats: 0,
  })
})
