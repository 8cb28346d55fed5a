/**
 * The published contract suite: what every runner relies on, checked against one filter, its backend played from scripts.
 * It knows no test runner; it is handed one's `test`. Each check has a stable name, and its errors say what the filter did.
 */
import { AGREEMENT } from './contract/agreement.js'
import { FAULT, HEALTH } from './contract/faults.js'
import { JUDGING } from './contract/judging.js'
import { ORDINARY } from './contract/letters.js'
import type { ContractOptions } from './contract/options.js'
import { PACE, READING } from './contract/reading.js'
import { REWRITING } from './contract/rewriting.js'
import type { Subject } from './contract/subject.js'

/**
 * Registers the checks with `test`:
 *
 * ```ts
 * contract({ test, filter, backend: answers, options: (backend) => ({ address: backend.address }) })
 * ```
 *
 * Checks about a backend, content and a drop-in are registered where the filter has them.
 */
export function contract(options: ContractOptions): void {
  const subject: Subject = {
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
    ...READING,
    ...(subject.backend === undefined ? [] : [...PACE, ...FAULT]),
    ...(subject.filter.rewrites ? REWRITING : []),
    ...(subject.dropIn === undefined ? [] : AGREEMENT),
  ]
  for (const { name, body } of checks) options.test(`contract: ${name}`, () => body(subject))
}
