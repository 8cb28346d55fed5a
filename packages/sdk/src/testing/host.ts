/** What a runner lends a filter for its life, for tests. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../contract.js'

/** What is left out is made up. */
export type HostOptions = Partial<Host>

export interface TestHost extends Host, AsyncDisposable {
  /** Removes the directory, where the filter asked for one. May be called again. */
  close(): Promise<void>
}

/** A host that keeps no log. Its directory is made below the system's temporary one when it is first asked for. */
export function testHost(options: HostOptions = {}): TestHost {
  const { log = () => undefined, warn = () => undefined, check = false, messageSizeLimit } = options
  let made: string | undefined
  async function close() {
    if (made !== undefined) await rm(made, { recursive: true, force: true })
    made = undefined
  }
  return Object.freeze({
    log,
    warn,
    get directory() {
      if (options.directory !== undefined) return options.directory
      made ??= mkdtempSync(join(tmpdir(), 'filter-'))
      return made
    },
    check,
    ...(messageSizeLimit !== undefined && { messageSizeLimit }),
    close,
    [Symbol.asyncDispose]: close,
  })
}
