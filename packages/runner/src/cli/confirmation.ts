/** Asks the person at the terminal for consent before something is changed. */
import { createInterface } from 'node:readline'
import { EX_USAGE, Failure } from './failure.js'

/**
 * Throws Failure when the answer is not yes, when the person leaves the question with Ctrl-C or Ctrl-D, and when standard input
 * is no terminal. `option` is the option that answers yes in advance.
 */
export async function confirm(question: string, option: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Failure(EX_USAGE, `nobody is there to ask: say ${option} to go on without asking`)
  const answer = await ask(`${question} [y/N] `)
  if (!/^y(?:es)?$/i.test(answer?.trim() ?? '')) throw new Failure(EX_USAGE, 'nothing was done')
}

/**
 * The answer; undefined when the input ends without one. The cursor is then still behind the question, so a line end is printed.
 */
function ask(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise((resolve) => {
    terminal.once('close', () => {
      process.stderr.write('\n')
      resolve(undefined)
    })
    terminal.question(question, (answer) => {
      terminal.removeAllListeners('close')
      terminal.close()
      resolve(answer)
    })
  })
}
