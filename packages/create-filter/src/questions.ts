/**
 * Asks questions on the terminal and reads an answer from each line. The answers may also come from a file: none is lost, and when
 * they end too early that is an error, and no default is used.
 */
import { createInterface } from 'node:readline/promises'
import { UsageError } from './arguments.js'

export interface Questions extends Disposable {
  /** Asks until `read` returns a value for the answer, and returns it. After each answer without a value it prints `complaint`. */
  ask<T>(question: string, complaint: string, read: (answer: string) => T | undefined): Promise<T>
}

/** Uses the streams until it is disposed of. `ask` throws `UsageError` when the input ends. */
export function openQuestions(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Questions {
  const terminal = createInterface({ input, output })
  const answers = terminal[Symbol.asyncIterator]()
  let ended = false
  terminal.once('close', () => {
    ended = true
  })
  return {
    async ask(question, complaint, read) {
      terminal.setPrompt(question)
      for (;;) {
        // When the answers come from a file, the input may end before the last question, and Node.js 24 does not prompt after that.
        if (ended) output.write(question)
        else terminal.prompt()
        const { done, value } = await answers.next()
        if (done === true) throw new UsageError('the answers ended; --yes asks nothing')
        const answer = read(value.trim())
        if (answer !== undefined) return answer
        output.write(`${complaint}\n`)
      }
    },
    [Symbol.dispose]: () => terminal.close(),
  }
}
