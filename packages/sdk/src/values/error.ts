/** The error for a wrong value that an operator wrote. */
import { CandyError } from '../error.js'

/** A value is wrong; the code is `CONFIG`. The message is `what`, followed by the value that the operator probably meant. */
export class ValueError extends CandyError {
  /** What is wrong, without the hint. */
  readonly what: string
  /** What the operator probably meant, as it is to be written. */
  readonly hint?: string

  constructor(what: string, hint?: string) {
    super('CONFIG', hint === undefined ? what : `${what}; did you mean ${JSON.stringify(hint)}?`)
    this.name = 'ValueError'
    this.what = what
    if (hint !== undefined) this.hint = hint
  }
}
