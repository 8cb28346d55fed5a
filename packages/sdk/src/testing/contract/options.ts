/** What the author of a filter tells the contract suite about it. */
import type { FilterPackage } from '../../contract.js'
import type { Answer, Backend } from '../backend.js'
import type { Source } from '../message.js'

/** `test` of vitest, node:test or jest, as far as it is used. */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown

export type Options = Readonly<Record<string, unknown>>

export interface ContractOptions {
  readonly test: TestFunction
  readonly filter: FilterPackage
  /** Options as an operator would write them; a function of the backend's address where there is a backend. */
  readonly options?: Options | ((backend: Backend) => Options)
  /** How the filter's daemon answers when all is well: to a message, and to what `check()` and `learn()` ask. */
  readonly backend?: Answer
  /** Where that daemon listens; `unix` unless said. */
  readonly on?: 'unix' | 'tcp'
  /**
   * A message that the filter cannot decide about without its backend, and that it rewrites if it rewrites. An ordinary
   * message unless said.
   */
  readonly sample?: Source
  /** The package's `filters.d/NN-name.toml`. */
  readonly dropIn?: URL
  /** Milliseconds in which the filter must settle once its signal has aborted; 2000 unless said. */
  readonly grace?: number
}
