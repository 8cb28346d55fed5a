/** Compares verdicts that a filter gave on the same message. */
import { isDeepStrictEqual } from 'node:util'
import type { Verdict } from '../../contract.js'
import { fail } from './waiting.js'

/** Fails the check unless the verdicts are equal but for their content, which is a function. */
export function same(verdict: Verdict, expected: Verdict | undefined, when: string): void {
  const plain = (v: Verdict | undefined) => (v !== undefined && 'content' in v ? { ...v, content: 'content' } : v)
  if (isDeepStrictEqual(plain(verdict), plain(expected))) return
  fail(`gives another verdict ${when}: ${JSON.stringify(verdict)}, not ${JSON.stringify(expected)}`)
}
