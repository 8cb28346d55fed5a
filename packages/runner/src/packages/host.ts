/** What filters are lent for as long as they live: a log under their name, and a directory of their own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CandyError, type Host } from '@candy/sdk'
import { reason } from '../config/problem.js'
import { filterLog } from '../log/filter-log.js'
import type { Log } from '../log/log.js'

export interface HostOptions {
  readonly log: Log
  /** The site's state directory; what filters keep is below `filters` in it. */
  readonly state: string
  /** Whether the filters are made for a check alone. */
  readonly check?: boolean
  /** Bytes; absent when Postfix takes any message, or when that is not known. */
  readonly messageSizeLimit?: number
}

export class Hosts {
  readonly #options: HostOptions
  /** Made for a check, and gone with it. */
  #temporary: string | undefined

  constructor(options: HostOptions) {
    this.#options = options
  }

  /** The host of the drop-in of this name. */
  for(name: string): Host {
    const { log, check = false, messageSizeLimit } = this.#options
    const directoryOf = (): string => this.#make(name)
    return Object.freeze({
      ...filterLog(log, { filter: name }),
      get directory() {
        return directoryOf()
      },
      check,
      ...(messageSizeLimit !== undefined && { messageSizeLimit }),
    } satisfies Host)
  }

  /** Removes what a check has made. */
  close(): void {
    if (this.#temporary !== undefined) rmSync(this.#temporary, { recursive: true, force: true })
    this.#temporary = undefined
  }

  #make(name: string): string {
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
