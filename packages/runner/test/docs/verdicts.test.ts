/** The tables of docs/verdicts.md against the code that they describe: policy, answer, JSON, the defaults of each mode. */

import type { Verdict } from '@candy/sdk'
import { describe, expect, test } from 'vitest'
import { code, readPage, readTable } from '../../../../test/kit/pages.js'
import { type Decision, decide } from '../../src/chain/decision.js'
import type { FilterResult } from '../../src/chain/judge.js'
import type { Outcome, OutcomeAction } from '../../src/chain/outcome.js'
import type { Policy } from '../../src/chain/policy.js'
import { toJson } from '../../src/cli/outcome.js'
import { parseDropIn } from '../../src/config/drop-in.js'
import { type Answer, answerTo, checkExitOf, quarantinedAnswer, replyOf } from '../../src/delivery/answer.js'
import { pipeAnswerOf } from '../../src/pipe/pipe.js'
import { MODE_NAMES, MODES, type Mode } from '../../src/postfix/mode.js'
import { printReply } from '../../src/smtp/reply.js'
import { makeFilter } from '../support.js'

const page = readPage('docs/verdicts.md')
const refusal = (action: 'reject' | 'quarantine' | 'defer' | 'unscannable'): FilterResult => ({
  verdict: { action, text: 'TEXT' } as Verdict,
})

/** The verdict that the first column names. */
const JUDGED: Readonly<Record<string, FilterResult>> = {
  accepts: { verdict: { action: 'accept' } },
  rejects: refusal('reject'),
  'says quarantine': refusal('quarantine'),
  defers: refusal('defer'),
  'says unscannable': refusal('unscannable'),
  'could not decide': { error: new Error('broken') },
  'is not asked: the mail is larger': { skipped: true },
}

describe('from verdict to outcome', () => {
  const rows = readTable(page, 'the filter')

  test('every verdict meets every policy', () => {
    const seen = rows.map((row) => `${row['the filter']} ${code(row['the drop-in'])}`)
    expect(new Set(seen).size).toBe(1 + 4 + 3 + 1 + 5 + 3 + 1)
    expect(new Set(rows.map((row) => row['the filter']))).toEqual(new Set(Object.keys(JUDGED)))
  })

  test.each(rows.map((row) => [`${row['the filter']} ${code(row['the drop-in'])}`, row] as const))('%s', (_, row) => {
    const decision = decide(
      { ...makeFilter('NAME', () => ({ action: 'accept' })), policy: policyFrom(code(row['the drop-in'])) },
      JUDGED[row['the filter'] ?? ''] as FilterResult,
    )
    expect(described(decision)).toEqual({
      outcome: code(row.outcome),
      status: row.status,
      'X-Candy-Status': row['X-Candy-Status'],
    })
  })
})

/** The policy of a drop-in with this line, as it is read from the file. */
function policyFrom(line: string): Policy {
  const text = `filter = "@candy/filter-clamav"\n${line}\n`
  const dropIn = parseDropIn({ path: '/50-name.toml', name: 'NAME', text }, [])
  if (dropIn === undefined) throw new Error(`not read: ${line}`)
  return dropIn.policy
}

function described(decision: Decision): Readonly<Record<string, string>> {
  if (decision.action !== 'accept') {
    return { outcome: decision.action, status: `x.${decision.status.join('.')}`, 'X-Candy-Status': '' }
  }
  const [edit] = decision.edits
  return { outcome: 'accept', status: '', 'X-Candy-Status': edit !== undefined && 'add' in edit ? edit.value : '' }
}

test('every mode is there', () => {
  expect(readTable(page, 'mode').map((row) => code(row.mode))).toEqual(MODE_NAMES)
})

test.each(readTable(page, 'mode').map((row) => [code(row.mode) as Mode, code(row['`on_reject`'])] as const))(
  'in mode %s, on_reject is %s',
  (mode, onReject) => {
    expect(JSON.stringify(MODES[mode].onReject)).toBe(onReject)
  },
)

describe('from outcome to answer', () => {
  const rows = readTable(page, 'outcome')

  test('every outcome is there', () => {
    expect(rows.map((row) => code(row.outcome))).toEqual(['accept', 'quarantine', 'discard', 'refuse', 'defer'])
  })

  test.each(rows.map((row) => [code(row.outcome) as OutcomeAction, row] as const))('%s', (action, row) => {
    const outcome = outcomeOf(action)
    expect(written(row['SMTP and LMTP reply'])).toBe(replyTo(outcome))
    expect([row['`candy pipe`'], written(row['its line'])]).toEqual(pipeAnswerTo(outcome))
    expect(row['`candy check`']).toBe(String(checkExitOf(outcome)))
    const { envelope } = MESSAGE
    const json = toJson({ envelope, header: new Uint8Array() }, [{ positions: [0], message: MESSAGE, outcome }])
    expect(json).toMatchObject({ action, status: written(row['JSON status']) })
  })
})

const CONTENT = { size: 0, open: async function* () {}, headers: async () => new Uint8Array() }
const MESSAGE = { id: 'ID', envelope: { sender: '', recipients: ['a@example.com'] as const }, content: CONTENT }
const REASON = { filter: 'FILTER', text: 'TEXT', status: [7, 1] } as const

function outcomeOf(action: OutcomeAction): Outcome {
  const common = { content: CONTENT, edits: [], rewritten: false, reports: [], close: async () => {} }
  return action === 'accept' ? { action, ...common } : { action, reason: REASON, ...common }
}

function written(cell: string | undefined): string {
  return (cell ?? '').replace('s.d', '7.1')
}

/** Undefined for a message that is delivered, since the answer is then that of the next hop. */
function answer(outcome: Outcome): Answer | undefined {
  if (outcome.action === 'accept') return undefined
  return outcome.action === 'quarantine' ? quarantinedAnswer(outcome.reason, 'NAME') : answerTo(outcome)
}

function replyTo(outcome: Outcome): string {
  const answered = answer(outcome)
  return answered === undefined ? "the next hop's" : printReply(replyOf(answered))
}

function pipeAnswerTo(outcome: Outcome): [exit: string, line: string] {
  const answered = answer(outcome)
  if (answered === undefined) return ['0', 'what each filter said']
  const { exit, text } = pipeAnswerOf(answered)
  return [String(exit), text]
}
