/** `candy serve` alone between a client and the sink, without Postfix: for what no Postfix would say to it. */
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
  /** `smtp` unless said. */
  readonly mode?: 'smtp' | 'smtp-before'
  /** Lines for the table `[smtp]` of candy.toml. */
  readonly smtp?: readonly string[]
  /** Files of filters.d: text by name. */
  readonly filters?: Readonly<Record<string, string>>
  readonly workers?: number
  /** On a port of 127.0.0.1; on a UNIX socket unless said. */
  readonly tcp?: boolean
  readonly sink?: SinkOptions
}

export interface Service extends AsyncDisposable {
  readonly address: Address
  readonly sink: Sink
  /** The worker processes there are now. */
  workers(): readonly number[]
  /** What it has logged. */
  log(): Promise<string>
}

/** Starts it and waits until it answers. */
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
    // Root's process, that of the account candy, and its workers.
    workers: () => childrenOf(daemon.pid, 'candy.js').flatMap((pid) => childrenOf(pid, 'worker-main')),
    log: () => readFile(log, 'utf8').catch(() => ''),
    [Symbol.asyncDispose]: async () => {
      await daemon.stop()
      await sink.stop()
      await scratch.remove()
    },
  }
}

interface SiteOptions {
  /** `smtp` unless said. */
  readonly mode?: 'smtp' | 'smtp-before'
  /** Lines of the table `[smtp]`. */
  readonly smtp: readonly string[]
  /** The file to log to. */
  readonly log: string
}

/** Writes a configuration directory. */
export async function writeSite(directory: string, { mode = 'smtp', smtp, log }: SiteOptions): Promise<void> {
  await mkdir(join(directory, 'filters.d'), { recursive: true })
  const [user, group] = await Promise.all([idOf('passwd', 'candy'), idOf('group', 'candy')])
  for (const part of ['state', 'state/spool', 'state/quarantine']) {
    await mkdir(join(directory, part))
    // Started by root, the runner works as an account of its own.
    await chown(join(directory, part), user, group)
  }
  const lines = [`mode = "${mode}"`, `state = "${directory}/state"`, '[smtp]', ...smtp, '[log]', `to = "${log}"`]
  await writeFile(join(directory, 'candy.toml'), lines.join('\n'))
}
