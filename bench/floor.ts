/** Node.js between two Postfix services, doing nothing: what a filter written for it can hardly beat. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '../test/kit/client.js'
import { startDaemon } from '../test/kit/daemon.js'
import { startRelay } from '../test/kit/relay.js'
import { AFTER_LIMIT, BEFORE_LIMIT, type Lane, main, type Track } from './lane.js'

const PROGRAM = join(process.cwd(), 'bench/floor-program.js')

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

/** In candy's place, at candy's socket and under its account. */
async function startFloor(mode: 'smtp' | 'smtp-before'): Promise<Track> {
  const testBed = await startRelay({ mode, main })
  try {
    await testBed.end()
    const socket = String(testBed.socket)
    await rm(socket, { force: true })
    const service = mode === 'smtp' ? 'candy-in' : 'candy-in-before'
    const nextHop = join(testBed.postfix.queueDirectory, 'public', service)
    const daemon = await startDaemon({
      command: 'setpriv',
      args: ['--reuid=candy', '--regid=candy', '--groups=postdrop', process.execPath, PROGRAM, socket, nextHop],
      ready: async () => {
        const client = await connect(socket)
        await client.quit()
        return true
      },
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
