/** Load on the runner as a milter while processes die: a client that is not answered well sends its mail again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, test } from 'vitest'
import { LOAD, seal } from '../kit/bulk-mail.js'
import { endure, type Fault, installMarking, LONG } from '../kit/fault.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { soaking } from '../kit/soak.js'

/** Messages for each fault. */
const COUNT = soaking ? 4 * LOAD : LOAD / 2

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({ mode: 'milter', main: { maximal_backoff_time: '1s', service_throttle_time: '1s' } })
  await installMarking(testBed)
})
afterAll(() => testBed.stop())

/** Postfix has the message on its disk, and queues it only after the last answer: what dies repeats nothing of it. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'kill -9 of workers': {
    strike: async (turn) => {
      const pid = testBed.workers()[turn % 2]
      if (pid !== undefined) signal(pid, 'SIGKILL')
    },
    heals: true,
  },
  'kill -9 of the whole runner': {
    strike: async () => {
      for (const pid of [testBed.pid(), ...testBed.workers()]) signal(pid, 'SIGKILL')
      await testBed.start()
    },
    heals: true,
  },
  'kill -9 of smtpd and cleanup processes': {
    strike: async (turn) => {
      const { postfix } = testBed
      const [pid] = postfix.servers(turn % 2 === 0 ? 'cleanup' : `127.0.0.1:${postfix.port}`)
      if (pid !== undefined) signal(pid, 'SIGKILL')
    },
    pause: 100,
    // The client hears nothing of a message that cleanup(8) has queued.
    repeats: 1,
  },
  'a storm of SIGHUP': {
    strike: async () => {
      for (let n = 0; n < 10; n++) {
        signal(testBed.pid(), 'SIGHUP')
        await sleep(10)
      }
    },
    heals: true,
  },
  'a storm of SIGTERM, and a new start': {
    strike: async () => {
      for (let n = 0; n < 10; n++) for (const pid of [testBed.pid(), ...testBed.workers()]) signal(pid, 'SIGTERM')
      await testBed.end()
      await testBed.start()
    },
    heals: true,
  },
}

test.for(Object.entries(FAULTS))('%s', { timeout: LONG }, async ([name, fault], { annotate }) => {
  const { strokes, again, repeats } = await endure(testBed, fault, seal(name, COUNT))
  await annotate(`${strokes} strokes; ${again} mails sent again, ${repeats} messages twice`)
})
