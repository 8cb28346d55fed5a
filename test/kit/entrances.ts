/**
 * One Postfix with an entrance for each mode, all filtered by the same `candy serve`, and one entrance without candy. Each has the
 * options that `candy enable` writes, so what differs between two entrances is the mode, and nothing else.
 */
import { join } from 'node:path'
import { type CandyFiles, stateIn, writeCandyFiles } from './candy-files.js'
import { enableModes, MODE_NAMES, type Mode } from './enabled.js'
import { installCandy } from './installation.js'
import type { Instance } from './instance.js'
import { type RelayOptions, type RelayTestBed, serve } from './relay.js'
import { freePort } from './scratch.js'
import { startTestBed } from './test-bed.js'

/** `postfix.port` is the entrance without candy. */
export interface Entrances extends RelayTestBed {
  /** Where smtpd(8) listens on 127.0.0.1, for each mode. */
  readonly ports: Readonly<Record<Mode, number>>
}

type EntrancesOptions = Pick<RelayOptions, 'main' | 'scanners' | 'settings'>

export async function startEntrances({
  main = {},
  scanners,
  settings = [],
}: EntrancesOptions = {}): Promise<Entrances> {
  let made: (CandyFiles & Pick<Entrances, 'installation' | 'ports'>) | undefined
  const prepare = async (directory: string, { configDirectory, queueDirectory }: Instance): Promise<void> => {
    const installation = await installCandy(join(directory, 'candy'))
    const ports = await freePorts()
    await enableModes(configDirectory, ports, { installation, state: stateIn(directory) })
    // Pipe mode takes the way back from candy.toml. The mode there is another, as after a switch, and must not matter.
    const pipe = ['[pipe]', `reinject = "unix:${join(queueDirectory, 'public/candy-in')}"`]
    const options = { mode: 'smtp-before', table: [], settings: [...pipe, ...settings] } as const
    const files = await writeCandyFiles({ configDirectory, directory, ...options })
    made = { ...files, installation, ports }
  }
  const testBed = await startTestBed(
    async (directory) => ({ main, prepare: (instance) => prepare(directory, instance) }),
    scanners,
  )
  try {
    if (made === undefined) throw new Error('candy was not enabled')
    const socket = join(testBed.postfix.queueDirectory, 'candy/lmtp')
    return { ...(await serve(testBed, made, { workers: 1 }, socket)), ports: made.ports }
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

async function freePorts(): Promise<Entrances['ports']> {
  const ports = await Promise.all(MODE_NAMES.map(async (mode) => [mode, await freePort()] as const))
  return Object.fromEntries(ports) as Record<Mode, number>
}
