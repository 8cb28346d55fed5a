/**
 * Finds what is wrong with a verdict. A runner refuses a verdict with anything that it does not know, and treats it as "could not
 * decide". Runners and the testing kit use the same functions, so a verdict that passes a filter's tests is accepted in production.
 */
import type { FilterPackage, HeaderEdit } from './contract.js'
import { declaresField, type FieldDeclaration } from './field-declaration.js'
import { checkEdit } from './header.js'

/** The largest number of edits of one verdict. */
export const MAX_EDITS = 1000

/** The largest number of characters that all edits of one verdict add: as many as ten fields of Postfix's `header_size_limit`. */
const MAX_ADDED = 1_024_000

const REFUSAL = ['action', 'text', 'status', 'edits']

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  accept: ['action', 'edits', 'content'],
  reject: REFUSAL,
  quarantine: REFUSAL,
  defer: REFUSAL,
  unscannable: REFUSAL,
}

/** What a filter has declared about its verdicts. */
export type VerdictRights = Partial<Pick<FilterPackage, 'rewrites'>> & FieldDeclaration

/** A sentence about the first thing that is wrong in what a filter returned; undefined when it is a correct verdict. */
export function verdictProblem(verdict: unknown, rights: VerdictRights): string | undefined {
  if (!isRecord(verdict)) return `a verdict is an object, not ${describe(verdict)}`
  const known = typeof verdict.action === 'string' && Object.hasOwn(MEMBERS, verdict.action)
  const members = known ? MEMBERS[String(verdict.action)] : undefined
  if (members === undefined) return `unknown action: ${describe(verdict.action)}`
  const unknown = Object.keys(verdict).find((member) => !members.includes(member))
  if (unknown !== undefined) return `${String(verdict.action)}: unknown member: ${unknown}`
  const problem = editsProblem(verdict.edits) ?? undeclaredFieldProblem(verdict.edits, rights)
  if (problem !== undefined) return problem
  if (verdict.action !== 'accept') return refusalProblem(verdict)
  if (!('content' in verdict)) return undefined
  if (rights.rewrites !== true) return 'content from a filter that is not defined with `rewrites: true`'
  return typeof verdict.content === 'function' ? undefined : 'content is a function that gives bytes'
}

/** A sentence about the first edit that cannot be applied; undefined when all can. */
export function editsProblem(edits: unknown): string | undefined {
  if (edits === undefined) return undefined
  if (!Array.isArray(edits)) return 'edits are an array'
  if (edits.length > MAX_EDITS) return `${edits.length} edits are more than the ${MAX_EDITS} that a verdict may have`
  let added = 0
  for (const edit of edits) {
    try {
      checkEdit(edit as HeaderEdit)
      if ('add' in edit) added += edit.add.length + edit.value.length
    } catch (error) {
      return describe(error)
    }
  }
  return added > MAX_ADDED ? `the edits add ${added} characters, more than ${MAX_ADDED}` : undefined
}

function undeclaredFieldProblem(
  edits: unknown,
  { fields = [], sharedFields = [] }: FieldDeclaration,
): string | undefined {
  const declared = [...fields, ...sharedFields]
  const undeclared = ((edits ?? []) as readonly HeaderEdit[]).find(
    (edit) => 'add' in edit && !declaresField(declared, edit.add),
  )
  return undeclared !== undefined && 'add' in undeclared
    ? `adds ${undeclared.add}, which is declared neither in \`fields\` nor in \`sharedFields\``
    : undefined
}

/** RFC 3463 §2: subject and detail have one to three digits. */
function refusalProblem({ text, status }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof text !== 'string') return 'a refusal has a text'
  if (status === undefined) return undefined
  const digits = (part: unknown) => Number.isInteger(part) && Number(part) >= 0 && Number(part) <= 999
  return Array.isArray(status) && status.length === 2 && status.every(digits)
    ? undefined
    : `a status is [subject, detail], each 0 to 999, not ${JSON.stringify(status)}`
}

/** Describes a wrong value for a message, in at most 200 characters. It prints no object, since printing it may run code of the filter. */
function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (value instanceof Error || value === null || typeof value !== 'object') return String(value).slice(0, 200)
  return Array.isArray(value) ? 'an array' : 'an object'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
