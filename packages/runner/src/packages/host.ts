/** Makes the `Host` that each filter gets when it is created: a log under its name, a directory of its own, and facts about the runner. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CandyError, type Host } from '@candy/sdk'
import { reason } from '../config/problem.js'
import { filterLog } from '../log/filter-log.js'
import type { Log } from '../log/log.js'

export interface HostOptions {
  readonly log: Log
  /** The state directory; each filter has a directory below `filters` in it. */
  readonly state: string
  /** Whether the filters are made for a check only, and judge no mail. */
  readonly check?: boolean
  /** Bytes; absent when Postfix accepts any size, or when the limit is not known. */
  readonly messageSizeLimit?: number
}

export class Hosts {
  readonly #options: HostOptions
  /** The directory that is made for a check, and removed by `close`. */
  #temporary: string | undefined

  constructor(options: HostOptions) {
    this.#options = options
  }

  /** Makes the host for the drop-in of this name. */
  for(name: string): Host {
    const { log, check = false, messageSizeLimit } = this.#options
    const directoryOf = (): string => this.#makeDirectory(name)
    return Object.freeze({
      ...filterLog(log, { filter: name }),
      get directory() {
        return directoryOf()
      },
      check,
      ...(messageSizeLimit !== undefined && { messageSizeLimit }),
    } satisfies Host)
  }

  /** Removes the directory that was made for a check. */
  close(): void {
    if (this.#temporary !== undefined) rmSync(this.#temporary, { recursive: true, force: true })
    this.#temporary = undefined
  }

  #makeDirectory(name: string): string {
    try {
      if (this.#options.check) this.#temporary ??= mkdtempSync(join(tmpdir(), 'candy-check-'))
      const directory = join(this.#temporary ?? join(this.#options.state, 'filters'), name)
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      return directory
    } catch (error) {
      throw new CandyError('CONFIG', `there is no directory for ${name}: ${reason(error)}`, { cause: error })
    }
  }
}
