/**
 * A verdict as it was given: copied when the filter returns it, so that each of its members is read once and nothing that
 * the filter does afterwards to an object, to a list that it uses again or behind a getter changes what was decided.
 */
import { CandyError, type HeaderEdit, MOST_EDITS, type Verdict, verdictFault } from '@candy/sdk'
import type { ReadyFilter } from './ready-filter.js'

/** Throws `VERDICT` for what is no verdict of this filter, and what a getter throws. */
export function copyVerdict(given: unknown, ready: ReadyFilter): Verdict {
  const copy = copyOf(given)
  const fault = verdictFault(copy, ready)
  if (fault !== undefined) throw new CandyError('VERDICT', fault)
  return copy as Verdict
}

function copyOf(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  const copy: Record<string, unknown> = { ...given }
  if ('status' in copy && Array.isArray(copy.status)) copy.status = copy.status.slice(0, 3)
  // More of them are refused without being looked at.
  if (Array.isArray(copy.edits) && copy.edits.length <= MOST_EDITS) copy.edits = Array.from(copy.edits, copyEdit)
  return copy
}

function copyEdit(edit: HeaderEdit): unknown {
  if (typeof edit !== 'object' || edit === null) return edit
  return 'where' in edit ? { ...edit, where: { ...edit.where } } : { ...edit }
}
