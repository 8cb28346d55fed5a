/** Candy set up by hand beside a private Postfix, in pipe mode: what an administrator would do without `candy enable`. */
import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ground, startGround } from './ground.js'
import { type Installation, installCandy } from './installation.js'
import type { InstanceOptions } from './instance.js'
import { pipeTransport, reinjection } from './services.js'

export interface CandyOptions {
  /** Files of filters.d: text by name; a name without a dot is made executable. */
  readonly filters?: Readonly<Record<string, string>>
  /** Lines for the table `[pipe]` of candy.toml. */
  readonly pipe?: readonly string[]
  /** Further lines at the end of candy.toml. */
  readonly settings?: readonly string[]
  /** What brings mail back: sendmail(1), or the service candy-in over its UNIX socket. */
  readonly reinject?: 'sendmail' | 'candy-in'
  /** After this pipe(8) kills the command. */
  readonly timeLimit?: string
  /** Seconds after which candy-pipe kills what is inside. */
  readonly limit?: number
  /** The transport's command, made from the path of candy-pipe; `MACROS` are what it usually is given. */
  readonly argv?: (candyPipe: string) => readonly string[]
  /** main.cf parameters. */
  readonly main?: InstanceOptions['main']
}

export interface CandyGround extends Ground {
  readonly installation: Installation
  /** filters.d */
  readonly filters: string
  /** Candy's own directory: spool, quarantine. */
  readonly state: string
  writeFilter(name: string, text: string): Promise<void>
  removeFilter(name: string): Promise<void>
  /** What candy has logged. */
  candyLog(): Promise<string>
  quarantined(): Promise<readonly Quarantined[]>
}

export interface Quarantined {
  readonly name: string
  readonly bytes: Buffer
  readonly record: { readonly envelope: { readonly sender: string; readonly recipients: readonly string[] } }
}

/** The macros of pipe(8) that `candy pipe` understands. */
export const MACROS: readonly string[] = [
  '--id',
  `\${queue_id}`,
  '--client-address',
  `\${client_address}`,
  '--client-name',
  `\${client_hostname}`,
  '--client-helo',
  `\${client_helo}`,
  '--client-protocol',
  `\${client_protocol}`,
  '--sasl-username',
  `\${sasl_username}`,
  '-f',
  `\${sender}`,
  '--',
  `\${recipient}`,
]

/** Starts a Postfix whose `smtp inet` hands all mail to `candy pipe`, with the given filters. */
export async function startCandy(options: CandyOptions = {}): Promise<CandyGround> {
  let installation: Installation | undefined
  const ground = await startGround(async (directory) => {
    installation = await installCandy(join(directory, 'candy'))
    const limit = options.limit === undefined ? [] : ['--limit', String(options.limit)]
    const argv = options.argv?.(installation.candyPipe) ?? [installation.candyPipe, ...limit, ...MACROS]
    const transport = pipeTransport({ argv, ...(options.timeLimit && { timeLimit: options.timeLimit }) })
    return {
      services: [transport, reinjection()],
      attach: { contentFilter: 'candy:dummy' },
      main: { candy_destination_recipient_limit: '1000', ...options.main },
    }
  })
  try {
    if (installation === undefined) throw new Error('candy was not installed')
    return await setUp(ground, installation, options)
  } catch (error) {
    await ground.stop()
    throw error
  }
}

async function setUp(ground: Ground, installation: Installation, options: CandyOptions): Promise<CandyGround> {
  const { postfix, directory } = ground
  const filters = join(postfix.configDirectory, 'filters.d')
  const state = join(directory, 'state')
  const log = join(directory, 'log/candy.log')
  await mkdir(filters)
  const account = { uid: idOf('-u'), gid: idOf('-g') }
  for (const path of [state, join(state, 'spool'), join(state, 'quarantine'), join(directory, 'log')]) {
    await mkdir(path, { mode: 0o700 })
    await chown(path, account.uid, account.gid)
  }
  const socket = join(postfix.queueDirectory, 'public/candy-in')
  const reinject = options.reinject === 'candy-in' ? [`reinject = "unix:${socket}"`] : []
  if (options.reinject === 'candy-in') await postfix.admit()
  const settings = [
    'mode = "pipe"',
    `state = "${state}"`,
    '[pipe]',
    ...reinject,
    ...(options.pipe ?? []),
    '[log]',
    `to = "${log}"`,
    ...(options.settings ?? []),
  ]
  await writeFile(join(postfix.configDirectory, 'candy.toml'), `${settings.join('\n')}\n`)
  const writeFilter = async (name: string, text: string): Promise<void> => {
    await writeFile(join(filters, name), text)
    await chmod(join(filters, name), name.includes('.') ? 0o644 : 0o755)
  }
  for (const [name, text] of Object.entries(options.filters ?? {})) await writeFilter(name, text)
  const quarantine = join(state, 'quarantine')
  return {
    ...ground,
    installation,
    filters,
    state,
    writeFilter,
    removeFilter: (name) => rm(join(filters, name)),
    candyLog: () => readFile(log, 'utf8').catch(() => ''),
    quarantined: async () => Promise.all((await readdir(quarantine)).map((name) => readQuarantined(quarantine, name))),
  }
}

/** A message in a quarantine directory. */
export async function readQuarantined(quarantine: string, name: string): Promise<Quarantined> {
  const bytes = await readFile(join(quarantine, name, 'message.eml'))
  return { name, bytes, record: JSON.parse(await readFile(join(quarantine, name, 'record.json'), 'utf8')) }
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'candy'], { encoding: 'utf8' }))
}
