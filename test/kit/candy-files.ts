/** Candy's own files beside a private Postfix: what the operator writes, candy.toml and filters.d, and what candy writes. */
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mode } from './enabled.js'
import { idOf } from './queue-directory.js'

export interface CandyFilesOptions {
  /** Postfix's. */
  readonly configDirectory: string
  /** The test bed's. */
  readonly directory: string
  readonly mode: Mode
  /** The lines of the table of the mode in candy.toml. */
  readonly table: readonly string[]
  /** Further lines at the end of candy.toml. */
  readonly settings?: readonly string[] | undefined
  /** Files of filters.d: text by name; a name without a dot is made executable. */
  readonly filters?: Readonly<Record<string, string>> | undefined
}

export interface CandyFiles {
  /** filters.d */
  readonly filters: string
  /** Candy's own directory: spool, quarantine. */
  readonly state: string
  /** A directory in which filters may write. */
  readonly marks: string
  writeFilter(name: string, text: string): Promise<void>
  removeFilter(name: string): Promise<void>
  /** Changes a line of candy.toml; what it returns changes it back. Either way a resident candy has to be told. */
  change(pattern: RegExp, line: string): Promise<() => Promise<void>>
  /** What candy has logged. */
  candyLog(): Promise<string>
  quarantined(): Promise<readonly Quarantined[]>
}

interface Quarantined {
  readonly name: string
  readonly bytes: Buffer
  readonly record: {
    readonly envelope: { readonly sender: string; readonly recipients: readonly string[] }
    readonly reason: { readonly filter: string; readonly text: string }
  }
}

/** Candy's state directory in a test bed's. */
export function stateIn(directory: string): string {
  return join(directory, 'state')
}

/** Writes candy.toml and the filters, where candy is enabled already. */
export async function writeCandyFiles(options: CandyFilesOptions): Promise<CandyFiles> {
  const { configDirectory, directory, mode, table, settings = [] } = options
  const filters = join(configDirectory, 'filters.d')
  const state = stateIn(directory)
  const quarantine = join(state, 'quarantine')
  const marks = join(directory, 'marks')
  const log = join(directory, 'log/candy.log')
  const toml = join(configDirectory, 'candy.toml')
  const [uid, gid] = await Promise.all([idOf('passwd', 'candy'), idOf('group', 'candy')])
  for (const path of [marks, join(directory, 'log')]) {
    await mkdir(path, { recursive: true })
    await chown(path, uid, gid)
  }
  const name = mode === 'pipe' ? 'pipe' : 'smtp'
  const lines = [`mode = "${mode}"`, `state = "${state}"`, `[${name}]`, ...table, '[log]', `to = "${log}"`, ...settings]
  await writeFile(toml, `${lines.join('\n')}\n`)
  const writeFilter = async (name: string, text: string): Promise<void> => {
    await writeFile(join(filters, name), text)
    await chmod(join(filters, name), name.includes('.') ? 0o644 : 0o755)
  }
  for (const [name, text] of Object.entries(options.filters ?? {})) await writeFilter(name, text)
  return {
    filters,
    state,
    marks,
    writeFilter,
    removeFilter: (name) => rm(join(filters, name)),
    change: async (pattern, line) => {
      const old = await readFile(toml, 'utf8')
      await writeFile(toml, old.replace(pattern, line))
      return () => writeFile(toml, old)
    },
    candyLog: () => readFile(log, 'utf8').catch(() => ''),
    quarantined: async () => {
      // What is being written has a dot before its name.
      const names = (await readdir(quarantine)).filter((name) => !name.startsWith('.'))
      return Promise.all(names.map((name) => readQuarantined(quarantine, name)))
    },
  }
}

async function readQuarantined(quarantine: string, name: string): Promise<Quarantined> {
  const bytes = await readFile(join(quarantine, name, 'message.eml'))
  return { name, bytes, record: JSON.parse(await readFile(join(quarantine, name, 'record.json'), 'utf8')) }
}
