/**
 * Load in mode milter while processes die: a client that is not answered well sends its mail again, and finds every message
 * judged, whole and, but for what SMTP itself cannot tell, once.
 */
import { afterAll, beforeAll, test } from 'vitest'
import { LOAD, seal } from '../kit/bulk-mail.js'
import { endure, installMarking, LONG } from '../kit/fault.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({ mode: 'milter', main: { maximal_backoff_time: '1s', service_throttle_time: '1s' } })
  await installMarking(testBed)
})
afterAll(() => testBed.stop())

test('kill -9 of workers, and of the cleanup processes that wait for them', { timeout: LONG }, async ({ annotate }) => {
  const strike = async (turn: number): Promise<void> => {
    const workers = testBed.workers()
    const pid = turn % 2 === 0 ? workers[(turn / 2) % workers.length] : testBed.postfix.servers('cleanup')[0]
    if (pid !== undefined) signal(pid, 'SIGKILL')
  }
  // No answer of candy's makes Postfix deliver twice: only a cleanup(8) that is killed after it has queued the message.
  const { strokes, again, repeats } = await endure(testBed, { strike, heals: true, repeats: 1 }, seal('milter', LOAD))
  await annotate(`${strokes} strokes; ${again} mails sent again, ${repeats} messages twice`)
})
