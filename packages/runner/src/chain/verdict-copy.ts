/**
 * Copies a verdict when the filter returns it. Each member is read once, so that the decision stays the same even if the filter changes
 * the object afterwards, or if a getter of the object returns another value each time.
 */
import { CandyError, type HeaderEdit, MAX_EDITS, type Verdict, verdictProblem } from '@candy/sdk'
import type { ConfiguredFilter } from './configured-filter.js'

/** Throws `VERDICT` when the value is no verdict that this filter may return, and the error of a getter when one throws. */
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
  // With more edits the verdict is refused anyway, so they are not read.
  if (Array.isArray(copy.edits) && copy.edits.length <= MAX_EDITS) copy.edits = Array.from(copy.edits, copyEdit)
  return copy
}

function copyEdit(edit: HeaderEdit): unknown {
  if (typeof edit !== 'object' || edit === null) return edit
  return 'where' in edit ? { ...edit, where: { ...edit.where } } : { ...edit }
}
