/** What is wrong with a value that an operator wrote. */
import { CandyError } from '../error.js'

/** Code `CONFIG`. Its message is `what`, and behind it the value that was probably meant. */
export class ValueError extends CandyError {
  /** What is wrong, without the hint. */
  readonly what: string
  /** What the operator probably meant, ready to be written. */
  readonly hint?: string

  constructor(what: string, hint?: string) {
    super('CONFIG', hint === undefined ? what : `${what}; did you mean ${JSON.stringify(hint)}?`)
    this.name = 'ValueError'
    this.what = what
    if (hint !== undefined) this.hint = hint
  }
}
