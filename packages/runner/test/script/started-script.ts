/** Runs a script as a filter, on a message of its own or a given one. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Message, Verdict } from '@candy/sdk'
import { message, testContext } from '@candy/sdk/testing'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { parseScript, readHead, type Script, scriptFilter } from '../../src/script/script.js'
import { POLICY } from '../support.js'

export const MAIL = 'From: a@example.com\r\nSubject: hello\r\n\r\nbody\r\n.\r\n'

export interface Call {
  readonly message?: Message
  readonly signal?: AbortSignal
  readonly warnings?: string[]
}

/** Writes the script into the directory, and gives its path. */
export function write(directory: string, source: string): string {
  const path = join(directory, '40-mine')
  writeFileSync(path, source, { mode: 0o755 })
  return path
}

/** A script as a drop-in of `filters.d`; nothing when something is wrong with it. */
export function readScript(path: string, problems: Problem[] = []): Script | undefined {
  const head = readHead(path, problems)
  if (head === undefined) return undefined
  return parseScript({ kind: 'script', path, name: '40-mine', head }, POLICY, problems)
}

export async function judgeIn(directory: string, source: string, call: Call = {}): Promise<Verdict> {
  const problems: Problem[] = []
  const script = readScript(write(directory, source), problems)
  if (script === undefined) throw new Error(problems.map(printProblem).join('\n'))
  const context = testContext({
    signal: call.signal ?? AbortSignal.timeout(20_000),
    warn: (_, fields) => call.warnings?.push(String(fields?.text)),
  })
  return scriptFilter(script).filter.judge(call.message ?? message(new TextEncoder().encode(MAIL)), context)
}
