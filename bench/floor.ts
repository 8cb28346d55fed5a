/** Node.js in candy's place, doing as little as Postfix lets it: what a filter written for it can hardly beat. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startDaemon } from '../test/kit/daemon.js'
import { type RelayTestBed, startRelay } from '../test/kit/relay.js'
import { AFTER_LIMIT, BEFORE_LIMIT, type Lane, main, NO_FILTER, type Track } from './lane.js'

export const AFTER_FLOOR: Lane = {
  name: 'smtp: Node.js that only passes bytes on',
  kind: 'limit',
  against: AFTER_LIMIT,
  start: () => startFloor('smtp'),
}

export const BEFORE_FLOOR: Lane = {
  name: 'smtp-before: Node.js that only passes bytes on',
  kind: 'limit',
  against: BEFORE_LIMIT,
  start: () => startFloor('smtp-before'),
}

export const MILTER_FLOOR: Lane = {
  name: 'milter: Node.js that only answers',
  kind: 'limit',
  against: NO_FILTER,
  start: () => startFloor('milter'),
}

/** At candy's socket and under its account. */
async function startFloor(mode: 'smtp' | 'smtp-before' | 'milter'): Promise<Track> {
  const testBed = await startRelay({ mode, main })
  try {
    await testBed.end()
    const socket = String(testBed.socket)
    await rm(socket, { force: true })
    const daemon = await startDaemon({
      command: 'setpriv',
      args: ['--reuid=candy', '--regid=candy', '--groups=postdrop', process.execPath, ...programOf(mode, testBed)],
      ready: async () => existsSync(socket),
    })
    const stop = async (): Promise<void> => {
      await daemon.stop()
      await testBed.stop()
    }
    return { testBed, filters: [daemon.pid], ...(mode === 'smtp' && { transport: 'candy-lmtp' }), stop }
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

function programOf(mode: 'smtp' | 'smtp-before' | 'milter', { socket, postfix }: RelayTestBed): readonly string[] {
  const bench = join(process.cwd(), 'bench')
  if (mode === 'milter') return [join(bench, 'milter-floor-program.js'), String(socket)]
  const service = mode === 'smtp' ? 'candy-in' : 'candy-in-before'
  return [join(bench, 'floor-program.js'), String(socket), join(postfix.queueDirectory, 'public', service)]
}
