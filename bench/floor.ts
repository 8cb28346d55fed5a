/** Node.js in candy's place, doing as little as Postfix lets it: what a filter written for it can hardly beat. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clamd } from '../test/kit/clamd.js'
import { startDaemon } from '../test/kit/daemon.js'
import { startHandover } from '../test/kit/handover.js'
import { type RelayTestBed, startRelay } from '../test/kit/relay.js'
import { AFTER_LIMIT, BEFORE_LIMIT, type Lane, main, NO_FILTER, SHELL, type Track } from './lane.js'

export const AFTER_FLOOR: Lane = {
  name: 'smtp: Node.js that only passes bytes on',
  kind: 'limit',
  against: AFTER_LIMIT,
  start: () => startFloor({ mode: 'smtp', program: 'relay.js' }),
}

export const BEFORE_FLOOR: Lane = {
  name: 'smtp-before: Node.js that only passes bytes on',
  kind: 'limit',
  against: BEFORE_LIMIT,
  start: () => startFloor({ mode: 'smtp-before', program: 'relay.js' }),
}

export const MILTER_FLOOR: Lane = {
  name: 'milter: Node.js that only answers',
  kind: 'limit',
  against: NO_FILTER,
  start: () => startFloor({ mode: 'milter', program: 'milter.js' }),
}

export const MILTER_CLAMD_FLOOR: Lane = {
  name: 'milter: Node.js that only asks clamd',
  kind: 'limit',
  against: NO_FILTER,
  start: ({ clamd }) => startFloor({ mode: 'milter', program: 'milter-with-clamd.js', clamd }),
}

/** candy-pipe and candy-handover are as they are with candy; only the service is another. */
export const HANDOVER_FLOOR: Lane = {
  name: 'pipe: Node.js that only passes messages on',
  kind: 'limit',
  against: SHELL,
  start: () => startFloor({ mode: 'pipe', program: 'handover.js' }),
}

type Mode = 'smtp' | 'smtp-before' | 'milter' | 'pipe'

/** Of which Postfix has as many processes as destinations have room for. */
const TRANSPORTS: Readonly<Partial<Record<Mode, string>>> = { smtp: 'candy-lmtp', pipe: 'candy' }

interface Floor {
  readonly mode: Mode
  /** Of the directory floor-programs. It is told its socket, where mail goes next, and clamd's socket, as far as there are any. */
  readonly program: string
  readonly clamd?: Pick<Clamd, 'socket'>
}

/** At candy's socket and under its account. */
async function startFloor({ mode, program, clamd }: Floor): Promise<Track> {
  const testBed = await (mode === 'pipe' ? startHandover({ main }) : startRelay({ mode, main }))
  try {
    await testBed.end()
    const socket = String(testBed.socket)
    await rm(socket, { force: true })
    const daemon = await startDaemon({
      command: 'setpriv',
      args: [
        '--reuid=candy',
        '--regid=candy',
        '--groups=postdrop',
        process.execPath,
        join(process.cwd(), 'bench/floor-programs', program),
        socket,
        ...(mode === 'milter' ? [] : [nextHopOf(mode, testBed)]),
        ...(clamd === undefined ? [] : [clamd.socket]),
      ],
      ready: async () => existsSync(socket),
    })
    const stop = async (): Promise<void> => {
      await daemon.stop()
      await testBed.stop()
    }
    const transport = TRANSPORTS[mode]
    return { testBed, filters: [daemon.pid], ...(transport !== undefined && { transport }), stop }
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

function nextHopOf(mode: Mode, { postfix }: RelayTestBed): string {
  return join(postfix.queueDirectory, 'public', mode === 'smtp-before' ? 'candy-in-before' : 'candy-in')
}
