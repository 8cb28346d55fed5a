/** Asks a person before something is changed. */
import { createInterface } from 'node:readline/promises'
import { EX_USAGE } from './exit-status.js'
import { Failure } from './failure.js'

/** Throws Failure when the answer isn't yes, and when nobody is there to ask: `option` is what says yes in advance. */
export async function confirm(question: string, option: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Failure(EX_USAGE, `nobody is there to ask: say ${option} to go on without asking`)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} [y/N] `).finally(() => terminal.close())
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new Failure(EX_USAGE, 'nothing was done')
}
