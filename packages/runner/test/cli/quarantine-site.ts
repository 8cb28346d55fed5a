/** A site whose quarantine belongs to the account candy, for the commands that root types. */
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keep } from '../quarantine/stored.js'
import { candyIds } from '../support.js'
import { site } from './candy.js'

type KeepArguments = Parameters<typeof keep> extends [string, ...infer Rest] ? Rest : never

export interface QuarantineSite {
  readonly configDirectory: string
  readonly directory: string
  readonly log: string
  /** Puts a message there, and gives it to candy; returns its name. */
  keep(...args: KeepArguments): Promise<string>
  /** Writes candy.toml with further lines at its end. */
  configure(lines: string): void
  /** Gives all that lies there to candy. */
  give(): void
}

/** `files` are further files of the configuration directory. */
export async function makeQuarantineSite(files: Readonly<Record<string, string>> = {}): Promise<QuarantineSite> {
  const configDirectory = site(files)
  const state = join(configDirectory, 'state')
  const directory = join(state, 'quarantine')
  const [user, group] = await candyIds()
  for (const path of [state, directory]) {
    mkdirSync(path, { mode: 0o700 })
    chownSync(path, user, group)
  }
  const log = join(state, 'log')
  const configure = (lines: string): void => {
    writeFileSync(join(configDirectory, 'candy.toml'), `state = "${state}"\n[log]\nto = "${log}"\n${lines}\n`)
  }
  configure('')
  const give = (): void => void spawnSync('chown', ['-hR', 'candy:candy', directory])
  return {
    configDirectory,
    directory,
    log,
    configure,
    give,
    keep: async (...args) => {
      const name = await keep(directory, ...args)
      give()
      return name
    },
  }
}
