/** candy.toml, filters.d and a state directory beside a private Postfix, as an administrator would make them by hand. */
import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestBed } from './test-bed.js'

export interface HandMadeOptions {
  /** The mode, and the lines of its table. */
  readonly mode: 'pipe' | 'smtp' | 'smtp-before'
  readonly table: readonly string[]
  /** Further lines at the end of candy.toml. */
  readonly settings?: readonly string[] | undefined
  /** Files of filters.d: text by name; a name without a dot is made executable. */
  readonly filters?: Readonly<Record<string, string>> | undefined
}

export interface HandMade {
  /** filters.d */
  readonly filters: string
  /** Candy's own directory: spool, quarantine. */
  readonly state: string
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
  readonly record: { readonly envelope: { readonly sender: string; readonly recipients: readonly string[] } }
}

export async function makeByHand({ postfix, directory }: TestBed, options: HandMadeOptions): Promise<HandMade> {
  const filters = join(postfix.configDirectory, 'filters.d')
  const state = join(directory, 'state')
  const quarantine = join(state, 'quarantine')
  const log = join(directory, 'log/candy.log')
  const toml = join(postfix.configDirectory, 'candy.toml')
  await mkdir(filters)
  const candy = { uid: idOf('-u', 'candy'), gid: idOf('-g', 'candy') }
  for (const path of [state, join(state, 'spool'), quarantine, join(directory, 'log')]) {
    await mkdir(path, { mode: 0o700 })
    await chown(path, candy.uid, candy.gid)
  }
  const { mode, table, settings = [] } = options
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
    writeFilter,
    removeFilter: (name) => rm(join(filters, name)),
    change: async (pattern, line) => {
      const old = await readFile(toml, 'utf8')
      await writeFile(toml, old.replace(pattern, line))
      return () => writeFile(toml, old)
    },
    candyLog: () => readFile(log, 'utf8').catch(() => ''),
    quarantined: async () => Promise.all((await readdir(quarantine)).map((name) => readQuarantined(quarantine, name))),
  }
}

async function readQuarantined(quarantine: string, name: string): Promise<Quarantined> {
  const bytes = await readFile(join(quarantine, name, 'message.eml'))
  return { name, bytes, record: JSON.parse(await readFile(join(quarantine, name, 'record.json'), 'utf8')) }
}

/** A number of an account. */
export function idOf(flag: '-u' | '-g', account: string): number {
  return Number(execFileSync('id', [flag, account], { encoding: 'utf8' }))
}
