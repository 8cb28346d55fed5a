/** Load on the runner before the queue while processes die: a client that is not answered well sends its mail again. */
import { afterAll, beforeAll } from 'vitest'
import { type Fault, installMarking, testFaults } from '../kit/fault.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { deaths, killOne } from '../kit/strikes.js'

/** Mails under way at the same time: each client of the mailbag has one. */
const CLIENTS = 10

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({ mode: 'smtp-before', main: { maximal_backoff_time: '1s', service_throttle_time: '1s' } })
  await installMarking(testBed)
})
afterAll(() => testBed.stop())

const FAULTS: Readonly<Record<string, Fault>> = {
  ...deaths(() => testBed, CLIENTS),
  'kill -9 of smtpd processes, in front and behind': {
    strike: async (turn) => {
      const { postfix } = testBed
      killOne(postfix.servers(turn % 2 === 0 ? 'candy-in-before' : `127.0.0.1:${postfix.port}`), 0)
    },
    pause: 100,
    repeats: 1,
  },
}

testFaults(() => testBed, FAULTS)
