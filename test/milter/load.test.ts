/** Load on the runner as a milter while processes die: a client that is not answered well sends its mail again. */
import { afterAll, beforeAll } from 'vitest'
import { LOAD } from '../kit/bulk-mail.js'
import { type Fault, installMarking, testFaults } from '../kit/fault.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { soaking } from '../kit/soak.js'
import { deaths, killOne, storms } from '../kit/strikes.js'

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
  ...deaths(() => testBed, 0),
  'kill -9 of smtpd and cleanup processes': {
    strike: async (turn) => {
      const { postfix } = testBed
      killOne(postfix.servers(turn % 2 === 0 ? 'cleanup' : `127.0.0.1:${postfix.port}`), 0)
    },
    pause: 100,
    // The client hears nothing of a message that cleanup(8) has queued.
    repeats: 1,
  },
  ...storms(() => testBed),
}

testFaults(() => testBed, FAULTS, COUNT)
