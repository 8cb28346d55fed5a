/** Load on the runner after the queue while processes die, are told to end or to reload, or find no room. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, idOf, LOAD, post, seal } from '../kit/bulk-mail.js'
import { type Fault, installMarking, LONG, testFaults } from '../kit/fault.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { fillDisk } from '../kit/full-disk.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import type { Received } from '../kit/sink.js'
import { deaths, killOne, storms } from '../kit/strikes.js'

/** Deliveries at the same time: the process limit of the transport. */
const CONCURRENCY = 10

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({
    smtp: ['hang = "4s"'],
    settings: ['[spool]', 'memory = "16KiB"'],
    main: {
      maximal_backoff_time: '1s',
      smtp_destination_concurrency_limit: '50',
      // A service whose process is killed before it has served anybody rests for a minute otherwise.
      service_throttle_time: '1s',
    },
  })
  const path = join(testBed.directory, 'loop.js')
  await writeFilterFile(path, { judge: loopOnce(join(testBed.marks, 'loop')) })
  await testBed.writeFilter('20-loop.toml', `filter = "${path}"\n`)
  await installMarking(testBed)
})
afterAll(() => testBed.stop())

/** Of all messages the first that finds the file takes it away, and never comes to an end. */
function loopOnce(path: string): string {
  const found = `await (await import('node:fs/promises')).unlink('${path}').then(() => true, () => false)`
  return `if (${found}) for (;;); return { action: 'accept' }`
}

/** A process of Postfix's dies with the one message that it has. */
const FAULTS: Readonly<Record<string, Fault>> = {
  ...deaths(() => testBed, CONCURRENCY),
  'kill -9 of lmtp processes': {
    strike: async (turn) => killOne(testBed.postfix.servers('candy-lmtp'), turn),
    pause: 100,
    repeats: 1,
  },
  'kill -9 of smtpd processes, in front and behind': {
    strike: async (turn) =>
      killOne(testBed.postfix.servers(turn % 2 === 0 ? 'candy-in' : `127.0.0.1:${testBed.postfix.port}`), turn >> 1),
    pause: 100,
    repeats: 1,
  },
  ...storms(() => testBed, true),
  'a full spool': fullSpool(),
  'a filter in an endless loop': {
    strike: () => writeFile(join(testBed.marks, 'loop'), ''),
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
    empty = fillDisk(testBed.pid(), join(testBed.state, 'spool'))
  }
  return { strike, mend }
}

testFaults(() => testBed, FAULTS)

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
