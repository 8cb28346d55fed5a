/** One configuration in force: what it says, the workers that have loaded it, and the log that it names. */
import type { CandyError } from '@candy/sdk'
import { ConfigurationError } from '../config/problem.js'
import type { Configuration } from '../filters/configuration.js'
import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import type { Endpoint } from './endpoints.js'
import { WorkerPool } from './worker-pool.js'

export interface GenerationOptions {
  readonly configuration: Configuration
  readonly endpoints: readonly Endpoint[]
  /** The bound sockets, one for each endpoint. */
  readonly descriptors: readonly number[]
  /** Worker processes. */
  readonly workers: number
}

export class Generation {
  readonly configuration: Configuration
  /** To be closed by whoever started it, once nothing is written any more. */
  readonly log: Log
  readonly since: Date = new Date()
  readonly #workers: WorkerPool

  private constructor(configuration: Configuration, pool: WorkerPool, log: Log) {
    this.configuration = configuration
    this.#workers = pool
    this.log = log
  }

  /** Comes back when the first worker takes mail. Throws everything that is wrong with the configuration; then nothing is left of it. */
  static async start({ configuration, endpoints, descriptors, workers }: GenerationOptions): Promise<Generation> {
    const { settings, snapshot, problems } = configuration
    const log = openLog({ to: settings.log.to, name: 'candy/serve' })
    const assignment = { snapshot, problems, endpoints }
    try {
      const pool = await WorkerPool.start({ count: workers, assignment, descriptors, hang: settings.smtp.hang, log })
      return new Generation(configuration, pool, log)
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Sessions under way, as far as is known. */
  get sessions(): number {
    return this.#workers.sessions
  }

  /** Workers that take mail or stand by. */
  get size(): number {
    return this.#workers.size
  }

  /** Lets every worker finish what it has, and waits until all are gone. May be called again. */
  drain(): Promise<void> {
    return this.#workers.drain()
  }
}

/** All that is wrong with a configuration of which the files have told something already: a worker says the rest. */
export async function assertSound(configuration: Configuration): Promise<void> {
  const { snapshot, problems, settings } = configuration
  if (problems.length === 0) return
  const log: Log = { write: () => {}, close: async () => {} }
  const assignment = { snapshot, problems, endpoints: [] }
  const pool = await WorkerPool.start({ count: 1, assignment, descriptors: [], hang: settings.smtp.hang, log })
  await pool.drain()
  throw new ConfigurationError(problems)
}

/** Whether it is the configuration that is at fault, and not this program. */
export function isConfigurationError(error: unknown): error is CandyError {
  return error instanceof Error && 'code' in error && error.code === 'CONFIG'
}
