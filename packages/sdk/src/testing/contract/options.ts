/** What the author of a filter tells the contract suite about it. */
import type { FilterPackage } from '../../contract.js'
import type { Answer, Backend } from '../backend.js'
import type { Source } from '../message.js'

/** The part of the function `test` of vitest, node:test or jest that the suite uses. */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown

export type Options = Readonly<Record<string, unknown>>

export interface ContractOptions {
  readonly test: TestFunction
  readonly filter: FilterPackage
  /** Options as an operator would write them. Where there is a backend, a function that puts its address into them. */
  readonly options?: Options | ((backend: Backend) => Options)
  /** How the filter's daemon answers when all is well: to a message, and to what `check()` and `learn()` ask. */
  readonly backend?: Answer
  /** The kind of socket on which that daemon listens; default: `unix`. */
  readonly on?: 'unix' | 'tcp'
  /**
   * A message that the filter cannot judge without its backend, and, if the filter rewrites, one that it rewrites. Default: an
   * ordinary short message.
   */
  readonly sample?: Source
  /** The package's `filters.d/NN-name.toml`. */
  readonly dropIn?: URL
  /** Milliseconds within which the filter must settle once its signal has aborted; default: 2000. */
  readonly grace?: number
}
