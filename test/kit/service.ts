/** Runs `candy serve` between a client and a sink, without Postfix, so that a test can send it what no Postfix would send. */
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Address, connect } from './client.js'
import { startDaemon } from './daemon.js'
import { installCandy } from './installation.js'
import { childrenOf } from './processes.js'
import { idOf } from './queue-directory.js'
import { freePort, makeScratch } from './scratch.js'
import { type Sink, type SinkOptions, startSink } from './sink.js'

export interface ServiceOptions {
  /** Default: `smtp`. */
  readonly mode?: 'smtp' | 'smtp-before'
  /** Lines of the table `[smtp]` of candy.toml, besides `listen` and `next_hop`. */
  readonly smtp?: readonly string[]
  /** Files of filters.d: text by name. */
  readonly filters?: Readonly<Record<string, string>>
  readonly workers?: number
  /** Whether it listens on a port of 127.0.0.1 and not on a UNIX socket. */
  readonly tcp?: boolean
  readonly sink?: SinkOptions
}

export interface Service extends AsyncDisposable {
  readonly address: Address
  readonly sink: Sink
  /** The ids of the worker processes that there are now. */
  workers(): readonly number[]
  /** What the service has logged. */
  log(): Promise<string>
}

/** Starts the service and waits until it answers. */
export async function startService({
  mode,
  smtp = [],
  workers = 1,
  ...options
}: ServiceOptions = {}): Promise<Service> {
  const scratch = await makeScratch('service')
  const installation = await installCandy(join(scratch.path, 'candy'))
  const sink = await startSink(options.sink)
  const site = join(scratch.path, 'site')
  const address = options.tcp === true ? await freePort() : join(site, 'state/candy.sock')
  const listen = typeof address === 'number' ? `127.0.0.1:${address}` : `unix:${address}`
  const log = join(site, 'state/candy.log')
  const table = [`listen = "${listen}"`, `next_hop = "127.0.0.1:${sink.port}"`, ...smtp]
  await writeSite(site, { smtp: table, log, ...(mode && { mode }) })
  for (const [name, text] of Object.entries(options.filters ?? {})) await writeFile(join(site, 'filters.d', name), text)
  const ready = async (): Promise<boolean> => {
    const client = await connect(address)
    await client.quit()
    return true
  }
  const args = [installation.candy, '-c', site, 'serve', '--workers', String(workers)]
  const daemon = await startDaemon({ command: process.execPath, args, ready })
  return {
    address,
    sink,
    // The process of root starts one of the account candy, which starts the workers.
    workers: () => childrenOf(daemon.pid, 'candy.cjs').flatMap((pid) => childrenOf(pid, 'worker-main')),
    log: () => readFile(log, 'utf8').catch(() => ''),
    [Symbol.asyncDispose]: async () => {
      await daemon.stop()
      await sink.stop()
      await scratch.remove()
    },
  }
}

interface SiteOptions {
  /** Default: `smtp`. */
  readonly mode?: 'smtp' | 'smtp-before'
  /** Lines of the table `[smtp]`. */
  readonly smtp: readonly string[]
  /** The file to log to. */
  readonly log: string
}

/** Writes a configuration directory, and in it the directories to which candy writes. */
export async function writeSite(directory: string, { mode = 'smtp', smtp, log }: SiteOptions): Promise<void> {
  await mkdir(join(directory, 'filters.d'), { recursive: true })
  const [user, group] = await Promise.all([idOf('passwd', 'candy'), idOf('group', 'candy')])
  for (const part of ['state', 'state/spool', 'state/quarantine']) {
    await mkdir(join(directory, part))
    // Started by root, candy serve works as the account candy.
    await chown(join(directory, part), user, group)
  }
  const lines = [`mode = "${mode}"`, `state = "${directory}/state"`, '[smtp]', ...smtp, '[log]', `to = "${log}"`]
  await writeFile(join(directory, 'candy.toml'), lines.join('\n'))
}
