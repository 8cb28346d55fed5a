/** Load on the runner as a milter while processes die: a client that is not answered well sends its mail again. */
import { afterAll, beforeAll, test } from 'vitest'
import { LOAD, seal } from '../kit/bulk-mail.js'
import { endure, type Fault, installMarking, LONG } from '../kit/fault.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { soaking } from '../kit/soak.js'
import { killOne, killRunner, stormOfEnds, stormOfReloads } from '../kit/strikes.js'

/** Messages for each fault. */
const COUNT = soaking ? 2 * LOAD : LOAD / 2

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({ mode: 'milter', main: { maximal_backoff_time: '1s', service_throttle_time: '1s' } })
  await installMarking(testBed)
})
afterAll(() => testBed.stop())

/** Postfix has the message on its disk, and queues it only after the last answer: what dies repeats nothing of it. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'kill -9 of workers': {
    strike: async (turn) => killOne(testBed.workers(), turn),
    heals: true,
  },
  'kill -9 of the whole runner': {
    strike: () => killRunner(testBed),
    heals: true,
  },
  'kill -9 of smtpd and cleanup processes': {
    strike: async (turn) => {
      const { postfix } = testBed
      killOne(postfix.servers(turn % 2 === 0 ? 'cleanup' : `127.0.0.1:${postfix.port}`), 0)
    },
    pause: 100,
    // The client hears nothing of a message that cleanup(8) has queued.
    repeats: 1,
  },
  'a storm of SIGHUP': { strike: () => stormOfReloads(testBed), heals: true },
  'a storm of SIGTERM, and a new start': { strike: () => stormOfEnds(testBed), heals: true },
}

test.for(Object.entries(FAULTS))('%s', { timeout: LONG }, async ([name, fault], { annotate }) => {
  const { strokes, again, repeats } = await endure(testBed, fault, seal(name, COUNT))
  await annotate(`${strokes} strokes; ${again} mails sent again, ${repeats} messages twice`)
})
