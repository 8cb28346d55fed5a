/** A generation: one configuration, the workers that have loaded it, and the log that it names. A reload starts the next generation. */
import type { CandyError } from '@candy/sdk'
import { ConfigurationError } from '../config/problem.js'
import type { Configuration } from '../filters/configuration.js'
import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import { readVersion } from '../os/version.js'
import type { Endpoint } from './endpoints.js'
import type { Idle } from './session-server.js'
import { WorkerPool } from './worker-pool.js'

/** Of the code that this process runs, read when it starts: an upgrade replaces the file. */
const VERSION = readVersion()

export interface GenerationOptions {
  readonly configuration: Configuration
  readonly endpoints: readonly Endpoint[]
  /** The bound sockets, one for each endpoint. */
  readonly descriptors: readonly number[]
  /** The number of worker processes. */
  readonly workers: number
}

export class Generation {
  readonly configuration: Configuration
  /** The caller of `start` closes it, once the generation is drained and nothing more is written. */
  readonly log: Log
  readonly since: Date = new Date()
  readonly #workers: WorkerPool

  private constructor(configuration: Configuration, pool: WorkerPool, log: Log) {
    this.configuration = configuration
    this.#workers = pool
    this.log = log
  }

  /** Resolves when the first worker takes mail. Throws everything that is wrong with the configuration; then no worker of it is left. */
  static async start({ configuration, endpoints, descriptors, workers }: GenerationOptions): Promise<Generation> {
    const { settings, snapshot, problems } = configuration
    const log = openLog({ to: settings.log.to, name: 'candy/serve' })
    const assignment = { version: VERSION, snapshot, problems, endpoints }
    try {
      const pool = await WorkerPool.start({ count: workers, assignment, descriptors, hang: settings.smtp.hang, log })
      return new Generation(configuration, pool, log)
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** The workers, for what they report. */
  get workers(): Pick<WorkerPool, 'active' | 'check' | 'deaths' | 'sessions' | 'size' | 'spooled'> {
    return this.#workers
  }

  /** Lets every worker finish its sessions, and resolves when all have exited. May be called again. */
  drain(idle: Idle): Promise<void> {
    return this.#workers.drain(idle)
  }
}

/**
 * Throws everything that is wrong with a configuration in whose files a problem was found. It has a worker load the configuration
 * too, so that the operator also sees what only the code of the filters can tell.
 */
export async function assertSound(configuration: Configuration): Promise<void> {
  const { snapshot, problems, settings } = configuration
  if (problems.length === 0) return
  const log: Log = { write: () => {}, close: async () => {} }
  const assignment = { version: VERSION, snapshot, problems, endpoints: [] }
  const pool = await WorkerPool.start({ count: 1, assignment, descriptors: [], hang: settings.smtp.hang, log })
  await pool.drain('close')
  throw new ConfigurationError(problems)
}

/** Whether the configuration is at fault, and not this program. */
export function isConfigurationError(error: unknown): error is CandyError {
  return error instanceof Error && 'code' in error && error.code === 'CONFIG'
}
