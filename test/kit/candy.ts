/** Candy set up by hand beside a private Postfix, in pipe mode: what an administrator would do without `candy enable`. */
import { join } from 'node:path'
import { type Installation, installCandy } from './installation.js'
import type { InstanceOptions } from './instance.js'
import { type HandMade, makeByHand } from './manual-setup.js'
import { pipeTransport, reinjection } from './services.js'
import { startTestBed, type TestBed } from './test-bed.js'

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

export interface CandyTestBed extends TestBed, HandMade {
  readonly installation: Installation
}

/** The macros of pipe(8) that `candy pipe` understands. */
export const MACROS: readonly string[] = [
  `--id=\${queue_id}`,
  `--client-address=\${client_address}`,
  `--client-name=\${client_hostname}`,
  `--client-helo=\${client_helo}`,
  `--client-protocol=\${client_protocol}`,
  `--sasl-username=\${sasl_username}`,
  `--sender=\${sender}`,
  '--',
  `\${recipient}`,
]

/** Starts a Postfix whose `smtp inet` hands all mail to `candy pipe`, with the given filters. */
export async function startCandy(options: CandyOptions = {}): Promise<CandyTestBed> {
  let installation: Installation | undefined
  const testBed = await startTestBed(async (directory) => {
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
    const socket = join(testBed.postfix.queueDirectory, 'public/candy-in')
    const reinject = options.reinject === 'candy-in' ? [`reinject = "unix:${socket}"`] : []
    if (options.reinject === 'candy-in') await testBed.postfix.admit()
    const { settings, filters, pipe = [] } = options
    const made = await makeByHand(testBed, { mode: 'pipe', table: [...reinject, ...pipe], settings, filters })
    return { ...testBed, ...made, installation }
  } catch (error) {
    await testBed.stop()
    throw error
  }
}
