/** Load on pipe(8), which has candy-handover hand each message to the service, while processes of either side die or are told to end. */
import { afterAll, beforeAll } from 'vitest'
import { LOAD } from '../kit/bulk-mail.js'
import { type Fault, installMarking, testFaults } from '../kit/fault.js'
import { startHandover } from '../kit/handover.js'
import { childrenNow } from '../kit/processes.js'
import type { RelayTestBed } from '../kit/relay.js'
import { soaking } from '../kit/soak.js'
import { deaths, killNext, killOne, storms } from '../kit/strikes.js'

/** Messages for each fault. */
const COUNT = soaking ? 1.25 * LOAD : LOAD / 4

/** Deliveries at the same time: the process limit of the transport. */
const CONCURRENCY = 10

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startHandover({ main: { maximal_backoff_time: '1s', service_throttle_time: '1s' } })
  await installMarking(testBed)
})
afterAll(() => testBed.stop())

/** Kills what pipe(8) has started: candy-pipe, or its child, which is candy-handover unless there is no service. */
async function killCommand(name: 'candy-pipe' | 'candy-handover'): Promise<void> {
  const pipes = testBed.postfix.servers('candy')
  const commands = (): number[] => pipes.flatMap(childrenNow)
  await killNext(name === 'candy-pipe' ? commands : () => commands().flatMap(childrenNow))
}

/** What dies may have handed a message over, and not have said so. */
const FAULTS: Readonly<Record<string, Fault>> = {
  ...deaths(() => testBed, CONCURRENCY),
  'kill -9 of candy-handover': { strike: () => killCommand('candy-handover'), pause: 100, repeats: 1 },
  'kill -9 of candy-pipe': { strike: () => killCommand('candy-pipe'), pause: 100, repeats: 1 },
  'kill -9 of pipe processes': {
    strike: async (turn) => killOne(testBed.postfix.servers('candy'), turn),
    pause: 100,
    repeats: 1,
  },
  'kill -9 of smtpd and cleanup processes, in front and behind': {
    strike: async (turn) => {
      const services = [`127.0.0.1:${testBed.postfix.port}`, 'candy-in', 'cleanup', 'candy-cleanup']
      killOne(testBed.postfix.servers(services[turn % services.length] as string), 0)
    },
    pause: 100,
    repeats: 1,
  },
  ...storms(() => testBed),
}

testFaults(() => testBed, FAULTS, COUNT)
