/**
 * A copy of a verdict, made when the filter returns it: each member is read once, so that nothing that the filter does to the
 * object afterwards, or behind a getter, changes what was decided.
 */
import { CandyError, type HeaderEdit, MAX_EDITS, type Verdict, verdictProblem } from '@candy/sdk'
import type { ConfiguredFilter } from './configured-filter.js'

/** Throws `VERDICT` for what is no verdict of this filter, and what a getter throws. */
export function copyVerdict(returned: unknown, filter: ConfiguredFilter): Verdict {
  const copy = copyOf(returned)
  const problem = verdictProblem(copy, filter)
  if (problem !== undefined) throw new CandyError('VERDICT', problem)
  return copy as Verdict
}

function copyOf(returned: unknown): unknown {
  if (typeof returned !== 'object' || returned === null) return returned
  const copy: Record<string, unknown> = { ...returned }
  if ('status' in copy && Array.isArray(copy.status)) copy.status = copy.status.slice(0, 3)
  // When there are more of them, the verdict is refused without looking at them.
  if (Array.isArray(copy.edits) && copy.edits.length <= MAX_EDITS) copy.edits = Array.from(copy.edits, copyEdit)
  return copy
}

function copyEdit(edit: HeaderEdit): unknown {
  if (typeof edit !== 'object' || edit === null) return edit
  return 'where' in edit ? { ...edit, where: { ...edit.where } } : { ...edit }
}
