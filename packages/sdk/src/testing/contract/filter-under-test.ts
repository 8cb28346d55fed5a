/** A filter under the contract suite, and the shape of one check. */
import type { FilterPackage } from '../../contract.js'
import type { Answer, Backend } from '../backend.js'
import type { Source } from '../message.js'
import type { Options } from './options.js'

/** The options of the suite, with the defaults of those that were not given. */
export interface FilterUnderTest {
  readonly filter: FilterPackage
  readonly options: Options | ((backend: Backend) => Options)
  readonly backend: Answer | undefined
  readonly on: 'unix' | 'tcp'
  readonly sample: Source
  readonly dropIn: URL | undefined
  readonly grace: number
}

/** One check. Its name is stable, since people look for it in test reports. */
export interface Check {
  readonly name: string
  readonly body: (tested: FilterUnderTest) => Promise<void>
}
