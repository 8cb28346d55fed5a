/**
 * The contract suite: checks that a filter does what every runner relies on, with a scripted backend in place of its daemon. It works
 * with any test runner, whose `test` the caller passes. The name of each check is stable, and its errors say what the filter did.
 */
import { AGREEMENT } from './contract/agreement.js'
import { BACKEND_FAILURES } from './contract/backend-failures.js'
import type { FilterUnderTest } from './contract/filter-under-test.js'
import { HEALTH } from './contract/health.js'
import { JUDGING } from './contract/judging.js'
import { LEARNING } from './contract/learning.js'
import { ORDINARY } from './contract/messages.js'
import type { ContractOptions } from './contract/options.js'
import { PACE, READING } from './contract/reading.js'
import { REWRITING } from './contract/rewriting.js'

/**
 * Registers the checks with `test`:
 *
 * ```ts
 * contract({ test, filter, backend: answers, options: (backend) => ({ address: backend.address }) })
 * ```
 *
 * Checks about a backend, new content and a drop-in are registered only when the filter has one.
 */
export function contract(options: ContractOptions): void {
  const tested: FilterUnderTest = {
    filter: options.filter,
    options: options.options ?? {},
    backend: options.backend,
    on: options.on ?? 'unix',
    sample: options.sample ?? ORDINARY,
    dropIn: options.dropIn,
    grace: options.grace ?? 2000,
  }
  const checks = [
    ...JUDGING,
    ...HEALTH,
    ...LEARNING,
    ...READING,
    ...(tested.backend === undefined ? [] : [...PACE, ...BACKEND_FAILURES]),
    ...(tested.filter.rewrites ? REWRITING : []),
    ...(tested.dropIn === undefined ? [] : AGREEMENT),
  ]
  for (const { name, body } of checks) options.test(`contract: ${name}`, () => body(tested))
}
