/** Load on the runner after the queue while the next hop does, at one stage after the other, what it should not. */
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { LOAD, seal } from '../kit/bulk-mail.js'
import { endure, type Fault, installMarking, LONG } from '../kit/fault.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { type Fault as Answer, type Sink, type Stage, startSink } from '../kit/sink.js'

let testBed: RelayTestBed
let hop: Sink
beforeAll(async () => {
  testBed = await startRelay({
    smtp: ['deadline = "4s"', '# next_hop'],
    main: { maximal_backoff_time: '1s' },
  })
  const path = join(testBed.directory, 'hop.sock')
  hop = await startSink({ path, keywords: ['PIPELINING', '8BITMIME', 'XFORWARD NAME ADDR PROTO HELO IDENT'] })
  await chmod(path, 0o666)
  await testBed.change(/^# next_hop/m, `next_hop = "unix:${path}"`)
  await installMarking(testBed)
})
afterAll(async () => {
  await testBed.stop()
  await hop.stop()
})

const STAGES: readonly Stage[] = ['connect', 'ehlo', 'xforward', 'mail', 'rcpt', 'data', 'content', 'dot', 'rset']

/** The stage for a stroke. Nobody may reply in the middle of a message. */
function stageOf(turn: number, answer: Answer): Stage {
  const stages = STAGES.filter((stage) => stage !== 'content' || answer === 'stall' || answer === 'close')
  return stages[turn % stages.length] ?? 'dot'
}

/** Answers so at a stage, `times` at most; at the next stage with the next stroke. */
function wrong(answer: Answer, times: number): Fault {
  let mend = (): void => {}
  return {
    strike: async (turn) => {
      mend()
      mend = hop.fail({ at: stageOf(turn, answer), answer, times })
    },
    mend: async () => mend(),
    // So often that every stage has its turn.
    pause: 150,
  }
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'it stalls': wrong('stall', 1),
  'it closes the connection': wrong('close', 10),
  'it answers 421': wrong('421 4.3.2 shutting down', 10),
  'it is misconfigured and answers 554': wrong('554 5.7.1 access denied', Number.POSITIVE_INFINITY),
}

test.for(Object.entries(FAULTS))('%s', { timeout: LONG }, async ([name, fault], { annotate }) => {
  const { strokes, repeats } = await endure({ ...testBed, sink: hop }, fault, seal(name, LOAD))
  await annotate(`${strokes} strokes; ${repeats} messages twice`)
})
