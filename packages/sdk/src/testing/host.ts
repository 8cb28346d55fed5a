/** Makes the `Host` that a filter gets when it is created, for tests. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../contract.js'

/** Members that are absent have defaults for tests. */
export type HostOptions = Partial<Host>

export interface TestHost extends Host, AsyncDisposable {
  /** Removes the directory, when the filter has read `directory`. May be called again. */
  close(): Promise<void>
}

/**
 * Makes a host that discards what is logged. Its directory is created below the system's temporary directory when `directory` is first
 * read.
 */
export function testHost(options: HostOptions = {}): TestHost {
  const { log = () => undefined, warn = () => undefined, check = false, messageSizeLimit } = options
  let created: string | undefined
  async function close() {
    if (created !== undefined) await rm(created, { recursive: true, force: true })
    created = undefined
  }
  return Object.freeze({
    log,
    warn,
    get directory() {
      if (options.directory !== undefined) return options.directory
      created ??= mkdtempSync(join(tmpdir(), 'filter-'))
      return created
    },
    check,
    ...(messageSizeLimit !== undefined && { messageSizeLimit }),
    close,
    [Symbol.asyncDispose]: close,
  })
}
