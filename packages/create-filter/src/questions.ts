/**
 * Asks what the arguments leave open, a line for each question. Answers may as well come from a file: they are read line by line
 * and none is lost, and when they end too early that is an error and not a default.
 */
import { createInterface } from 'node:readline/promises'
import { UsageError } from './arguments.js'

export interface Questions extends Disposable {
  /** The first answer that `read` makes something of; after each other one it says `complaint`. */
  ask<T>(question: string, complaint: string, read: (answer: string) => T | undefined): Promise<T>
}

/** Lends the streams until it is disposed of. `ask` throws `UsageError` when the input ends. */
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
        // Answers from a file have all come while the first is read; Node.js 24 prompts no more after their end.
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
