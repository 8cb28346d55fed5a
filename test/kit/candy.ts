/** Candy enabled in pipe mode for a private Postfix, with the few differences that tests need and say. */
import { join } from 'node:path'
import type { Service } from '@candy/master-cf'
import { type CandyFiles, stateIn, writeCandyFiles } from './candy-files.js'
import { changeService, enable } from './enabled.js'
import { type Installation, installCandy } from './installation.js'
import type { InstanceOptions } from './instance.js'
import { startTestBed, type TestBed } from './test-bed.js'

export interface CandyOptions {
  /** Files of filters.d: text by name; a name without a dot is made executable. */
  readonly filters?: Readonly<Record<string, string>>
  /** Lines for the table `[pipe]` of candy.toml. */
  readonly pipe?: readonly string[]
  /** What brings mail back: the service candy-in over its UNIX socket, as it is enabled, or sendmail(1). */
  readonly reinject?: 'sendmail' | 'candy-in'
  /** Another command line for pipe(8) than the one in master.cf, which it is made from. */
  readonly argv?: (written: readonly string[]) => readonly string[]
  /** main.cf parameters. */
  readonly main?: InstanceOptions['main']
}

export interface CandyTestBed extends TestBed, CandyFiles {
  readonly installation: Installation
}

/** Starts a Postfix whose `smtp inet` hands all mail to `candy pipe`, with the given filters. */
export async function startCandy(options: CandyOptions = {}): Promise<CandyTestBed> {
  const { argv, reinject = 'candy-in', pipe = [], main = {}, filters } = options
  const edit = argv && ((master: string) => changeService(master, 'candy', (service) => withArgv(service, argv)))
  let made: (CandyFiles & { readonly installation: Installation }) | undefined
  const testBed = await startTestBed(async (directory) => ({
    main,
    prepare: async ({ configDirectory, queueDirectory }) => {
      const installation = await installCandy(join(directory, 'candy'))
      await enable(configDirectory, { mode: 'pipe', installation, state: stateIn(directory), reinject, edit })
      const back = reinject === 'sendmail' ? reinject : `unix:${join(queueDirectory, 'public/candy-in')}`
      const table = [`reinject = "${back}"`, ...pipe]
      const files = await writeCandyFiles({ configDirectory, directory, mode: 'pipe', table, filters })
      made = { ...files, installation }
    },
  }))
  if (made === undefined) throw new Error('candy was not enabled')
  return { ...testBed, ...made }
}

/** pipe(8) takes all that follows `argv=` for the command line. */
function withArgv({ args = [] }: Service, change: (written: readonly string[]) => readonly string[]): Partial<Service> {
  const at = args.findIndex((word) => word.startsWith('argv='))
  const [command, ...rest] = change(args.slice(at).map((word) => word.replace(/^argv=/, '')))
  return { args: [...args.slice(0, at), `argv=${command}`, ...rest] }
}
