/** Node.js between two Postfix services, doing nothing: what a filter written for it can hardly beat. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '../test/ground/client.js'
import { startDaemon } from '../test/ground/daemon.js'
import { startRelay } from '../test/ground/relay.js'
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
  const ground = await startRelay({ mode, main })
  try {
    await ground.end()
    const socket = String(ground.socket)
    await rm(socket, { force: true })
    const service = mode === 'smtp' ? 'candy-in' : 'candy-in-before'
    const nextHop = join(ground.postfix.queueDirectory, 'public', service)
    const daemon = await startDaemon({
      command: 'setpriv',
      args: ['--reuid=candy', '--regid=candy', '--clear-groups', process.execPath, PROGRAM, socket, nextHop],
      ready: async () => {
        const client = await connect(socket)
        await client.quit()
        return true
      },
    })
    const stop = async (): Promise<void> => {
      await daemon.stop()
      await ground.stop()
    }
    return { ground, filters: [daemon.pid], ...(mode === 'smtp' && { transport: 'candy-lmtp' }), stop }
  } catch (error) {
    await ground.stop()
    throw error
  }
}
