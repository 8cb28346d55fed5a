/** Candy enabled for a private Postfix, and `candy serve` beside it, as a supervisor would run it. */
import { connect } from 'node:net'
import { join } from 'node:path'
import { writePacket } from '@candy/milter'
import { MODES } from '../../packages/runner/src/postfix/mode.js'
import { type CandyFiles, stateIn, writeCandyFiles } from './candy-files.js'
import { type Daemon, startDaemon } from './daemon.js'
import { enable } from './enabled.js'
import { type Installation, installCandy } from './installation.js'
import type { Instance, InstanceOptions } from './instance.js'
import { inNewNamespace, withConfiguration } from './namespace.js'
import { overTcp } from './over-tcp.js'
import { childrenOf } from './processes.js'
import { freePort } from './scratch.js'
import { type ScannerOptions, startTestBed, type TestBed } from './test-bed.js'
import { until } from './waiting.js'

export interface RelayOptions {
  /** `smtp` unless said. */
  readonly mode?: 'smtp' | 'smtp-before' | 'milter'
  /** In mode `smtp`: SMTP over a port of 127.0.0.1, as to a runner on another host. Otherwise LMTP over a UNIX socket. */
  readonly tcp?: boolean
  /** Files of filters.d: text by name; a name without a dot is made executable. */
  readonly filters?: Readonly<Record<string, string>>
  /** Lines for the table `[smtp]` of candy.toml. */
  readonly smtp?: readonly string[]
  /** Further lines at the end of candy.toml. */
  readonly settings?: readonly string[]
  readonly workers?: number
  /** main.cf parameters. */
  readonly main?: InstanceOptions['main']
  /** Which scanners to start beside it. */
  readonly scanners?: ScannerOptions
  /** Environment of the service. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether Postfix gets a mount namespace of its own; see PostfixOptions. */
  readonly namespace?: boolean
}

export interface RelayTestBed extends TestBed, CandyFiles {
  readonly installation: Installation
  /** Where candy listens: the path of a UNIX socket, or a port. */
  readonly socket: string | number
  /** The supervisor. */
  pid(): number
  /** The worker processes there are now. */
  workers(): number[]
  /** Starts the service again; it was stopped or killed. */
  start(): Promise<void>
  /** Stops the service, which may finish what it has. */
  end(): Promise<void>
  /** Sends SIGHUP and waits until candy says that it has reloaded, or has not. */
  reload(): Promise<void>
}

/** Starts a Postfix whose mail is filtered by `candy serve`, as `candy enable` has it. */
export async function startRelay(options: RelayOptions = {}): Promise<RelayTestBed> {
  const { mode = 'smtp', main = {}, namespace = true, settings, filters } = options
  const port = options.tcp === true ? await freePort() : undefined
  const listen = port === undefined ? [] : [`listen = "127.0.0.1:${port}"`, 'protocol = "smtp"']
  const table = [...listen, ...(options.smtp ?? [])]
  const edit = port === undefined ? undefined : (master: string) => overTcp(master, port)
  let made: Made | undefined
  const prepare = async (directory: string, { configDirectory }: Instance): Promise<void> => {
    const installation = await installCandy(join(directory, 'candy'))
    await enable(configDirectory, { mode, installation, state: stateIn(directory), edit })
    const files = await writeCandyFiles({ configDirectory, directory, mode, table, settings, filters })
    made = { ...files, installation }
  }
  const testBed = await startTestBed(
    async (directory) => ({ main, namespace, prepare: (instance) => prepare(directory, instance) }),
    options.scanners,
  )
  try {
    if (made === undefined) throw new Error('candy was not enabled')
    const socket = port ?? join(testBed.postfix.queueDirectory, MODES[mode].socket)
    return await serve(testBed, made, options, socket)
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

type Made = CandyFiles & { readonly installation: Installation }

/** Starts `candy serve` beside a Postfix for which it is enabled; it counts as started when it answers on `socket`. */
export async function serve(
  testBed: TestBed,
  made: Made,
  options: RelayOptions,
  socket: string | number,
): Promise<RelayTestBed> {
  const { postfix } = testBed
  const { candyLog, installation } = made

  const line = `${process.execPath} ${installation.candy} serve --workers ${options.workers ?? 2}`
  const script = `exec setpriv --pdeathsig TERM --reuid candy --regid candy --groups postdrop -- ${line}`
  const [command, ...args] =
    options.namespace === false
      ? withConfiguration(postfix.configDirectory, script)
      : inNewNamespace(postfix.configDirectory, '/etc/postfix', script)
  const startService = async (): Promise<Daemon> => {
    const from = (await candyLog()).length
    // Workers of a runner that was killed may still answer.
    const ready = async (): Promise<boolean> =>
      (await candyLog()).slice(from).includes('started') && answers(socket, options.mode)
    return startDaemon({ command, args, ready, ...(options.env && { env: options.env }) }).catch(async (error) => {
      throw new Error(`${error.message}\n${(await candyLog()).slice(from)}`)
    })
  }
  let service = await startService()
  const stop = async (): Promise<void> => {
    await service.stop()
    await testBed.stop()
  }
  return {
    ...testBed,
    ...made,
    socket,
    pid: () => service.pid,
    workers: () => childrenOf(service.pid, 'worker-main'),
    start: async () => {
      service = await startService()
    },
    end: () => service.stop(),
    reload: async () => {
      const before = (await candyLog()).length
      process.kill(service.pid, 'SIGHUP')
      await until('a reload', async () => /reloaded/.test((await candyLog()).slice(before)), { explain: candyLog })
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** What Postfix offers to a milter: version 6, every action, the whole protocol. */
const OFFER = writePacket('O', ...[6, 0x1ff, 0x1f_ffff].map(uint32))

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function answers(address: string | number, mode?: RelayOptions['mode']): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof address === 'number' ? connect(address, '127.0.0.1') : connect(address)
    // A milter says nothing before it is asked.
    if (mode === 'milter') socket.write(OFFER)
    socket.once('data', () => {
      socket.end(mode === 'milter' ? '' : 'QUIT\r\n')
      resolve(true)
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
