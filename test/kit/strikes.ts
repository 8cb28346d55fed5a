/** What happens to the runner's processes in tests under load, in whatever mode they judge. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.js'
import { signal } from './processes.js'
import type { RelayTestBed } from './relay.js'

/** How often a signal comes in a storm of them. */
const STORM = 10

/** Milliseconds to look for a process that may not come any more. */
const TIME_LIMIT = 1_000

/** Kills one of these processes, another one each turn, if there is one. */
export function killOne(pids: readonly number[], turn: number): void {
  const pid = pids[turn % Math.max(1, pids.length)]
  if (pid !== undefined) signal(pid, 'SIGKILL')
}

/** Kills a process of those that come and go within milliseconds, as soon as `find` sees one. */
export async function killNext(find: () => readonly number[]): Promise<void> {
  for (const end = performance.now() + TIME_LIMIT; performance.now() < end; await sleep(1)) {
    const [pid] = find()
    if (pid === undefined) continue
    signal(pid, 'SIGKILL')
    return
  }
}

/** Kills the supervisor and its workers, and starts the service again. */
async function killRunner(testBed: RelayTestBed): Promise<void> {
  for (const pid of [testBed.pid(), ...testBed.workers()]) signal(pid, 'SIGKILL')
  await testBed.start()
}

/** Has the service reload many times at once. */
async function stormOfReloads(testBed: RelayTestBed): Promise<void> {
  for (let n = 0; n < STORM; n++) {
    signal(testBed.pid(), 'SIGHUP')
    await sleep(10)
  }
}

/** Tells the supervisor and its workers many times to end, and starts the service again. */
async function stormOfEnds(testBed: RelayTestBed): Promise<void> {
  for (let n = 0; n < STORM; n++) for (const pid of [testBed.pid(), ...testBed.workers()]) signal(pid, 'SIGTERM')
  await testBed.end()
  await testBed.start()
}

/** The runner dies. `repeats` is how many messages that can make arrive twice. */
export function deaths(testBed: () => RelayTestBed, repeats: number): Readonly<Record<string, Fault>> {
  return {
    'kill -9 of workers': { strike: async (turn) => killOne(testBed().workers(), turn), heals: true, repeats },
    'kill -9 of the whole runner': { strike: () => killRunner(testBed()), heals: true, repeats },
  }
}

/** The runner is told many times to reload or to end. `harmless`: whether mail does not notice the reloads. */
export function storms(testBed: () => RelayTestBed, harmless = false): Readonly<Record<string, Fault>> {
  return {
    'a storm of SIGHUP': { strike: () => stormOfReloads(testBed()), heals: true, harmless },
    'a storm of SIGTERM, and a new start': { strike: () => stormOfEnds(testBed()), heals: true },
  }
}
