/** Load on the runner before the queue while processes die: a client that is not answered well sends its letter again. */
import { afterAll, beforeAll, test } from 'vitest'
import { endure, type Fault, installMarking, LONG } from '../ground/fault.js'
import { LOAD, seal } from '../ground/mailbag.js'
import { signal } from '../ground/processes.js'
import { type RelayGround, startRelay } from '../ground/relay.js'

/** Letters under way at the same time: each client of the mailbag has one. */
const CLIENTS = 10

let ground: RelayGround
beforeAll(async () => {
  ground = await startRelay({ mode: 'smtp-before', main: { maximal_backoff_time: '1s', service_throttle_time: '1s' } })
  await installMarking(ground)
})
afterAll(() => ground.stop())

const FAULTS: Readonly<Record<string, Fault>> = {
  'kill -9 of workers': {
    strike: async (turn) => {
      const pid = ground.workers()[turn % 2]
      if (pid !== undefined) signal(pid, 'SIGKILL')
    },
    heals: true,
    repeats: CLIENTS,
  },
  'kill -9 of the whole runner': {
    strike: async () => {
      for (const pid of [ground.pid(), ...ground.workers()]) signal(pid, 'SIGKILL')
      await ground.start()
    },
    heals: true,
    repeats: CLIENTS,
  },
  'kill -9 of smtpd processes, in front and behind': {
    strike: async (turn) => {
      const { postfix } = ground
      const [pid] = postfix.servers(turn % 2 === 0 ? 'candy-in-before' : `127.0.0.1:${postfix.port}`)
      if (pid !== undefined) signal(pid, 'SIGKILL')
    },
    pause: 100,
    repeats: 1,
  },
}

test.for(Object.entries(FAULTS))('%s', { timeout: LONG }, async ([name, fault], { annotate }) => {
  const { strokes, again, repeats } = await endure(ground, fault, seal(name, LOAD))
  await annotate(`${strokes} strokes; ${again} letters sent again, ${repeats} messages twice`)
})
