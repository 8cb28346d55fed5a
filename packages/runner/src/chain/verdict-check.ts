/** What a filter returned, looked at with suspicion: a verdict with anything unknown in it is no verdict. */
import { CandyError, checkEdit, type Verdict } from '@candy/sdk'

const MEMBERS = {
  accept: ['action', 'edits', 'content'],
  reject: ['action', 'text', 'status'],
  quarantine: ['action', 'text', 'status'],
  defer: ['action', 'text', 'status'],
} as const

/** Gives the verdict back when every member is known and well formed. Throws `VERDICT` or `HEADER_VALUE`. */
export function checkVerdict(value: unknown, rewrites: boolean): Verdict {
  if (typeof value !== 'object' || value === null) throw wrong(`a verdict is an object, not ${describe(value)}`)
  const verdict = value as Record<string, unknown>
  const action = verdict.action
  if (typeof action !== 'string' || !Object.hasOwn(MEMBERS, action)) {
    throw wrong(`no such action: ${describe(action)}`)
  }
  const members: readonly string[] = MEMBERS[action as keyof typeof MEMBERS]
  const stranger = Object.keys(verdict).find((member) => !members.includes(member))
  if (stranger !== undefined) throw wrong(`a verdict to ${action} has no member ${describe(stranger)}`)
  if (action === 'accept') checkAccept(verdict, rewrites)
  else checkRefusal(verdict)
  return value as Verdict
}

function checkAccept(verdict: Record<string, unknown>, rewrites: boolean): void {
  const { edits, content } = verdict
  if (edits !== undefined) {
    if (!Array.isArray(edits)) throw wrong('edits must be an array')
    for (const edit of edits) checkEdit(edit)
  }
  if (content === undefined) return
  if (!rewrites) throw wrong('content from a filter that is not defined with `rewrites: true`')
  if (typeof content !== 'function') throw wrong('content must be a function that gives bytes')
}

function checkRefusal(verdict: Record<string, unknown>): void {
  const { text, status } = verdict
  if (typeof text !== 'string') throw wrong('text must be a string')
  if (status === undefined) return
  const digits = Array.isArray(status) && status.length === 2 ? status : []
  if (!digits.some(Number.isInteger) || !digits.every((n) => Number.isInteger(n) && n >= 0 && n <= 999)) {
    throw wrong('status must be [subject, detail], each from 0 to 999 (RFC 3463 section 2)')
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : value === null ? 'null' : typeof value
}

function wrong(what: string): CandyError {
  return new CandyError('VERDICT', what)
}
