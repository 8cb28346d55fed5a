/**
 * Receives the content of one message from the packets in which Postfix tells it. What comes of it is the message byte for byte as Postfix
 * will deliver it: every field with its blanks and folds, an empty line, the body. On top stands the Received of received-field.ts.
 *
 * A milter is not told whether there was an empty line; Postfix puts one where there was none and a body follows.
 */
import { type Intake, type Spool, type SpoolOptions, startIntake } from '../message/spool.js'

const CR = 13
const LF = 10
const COLON = 58
const CRLF: Uint8Array = Buffer.from('\r\n')

export class MessageIntake {
  readonly #intake: Intake
  /** Makes the field on top. */
  readonly #top: () => Uint8Array
  #stage: 'new' | 'header' | 'body' = 'new'
  /** Why the message cannot be kept. Postfix goes on to send it, and is told at its end. */
  #failure: { readonly error: unknown } | undefined

  constructor(options: SpoolOptions, top: () => Uint8Array) {
    this.#intake = startIntake(options)
    this.#top = top
  }

  /** Takes a field; a fold in `value` is LF and a blank. Returns something to wait for only when it takes time. */
  header(name: Uint8Array, value: Uint8Array): Promise<void> | undefined {
    const field = printField(name, value)
    return this.#append(this.#stage === 'new' ? Buffer.concat([this.#beginning(), field]) : field)
  }

  /** Takes a part of the body. Returns something to wait for only when it takes time. */
  body(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#stage === 'body') return this.#append(chunk)
    const before = this.#stage === 'new' ? Buffer.concat([this.#beginning(), CRLF]) : CRLF
    this.#stage = 'body'
    const pending = this.#append(before)
    return pending === undefined ? this.#append(chunk) : pending.then(() => this.#append(chunk))
  }

  /** The message is complete. Throws `SPOOL` when it could not be kept. The caller closes the spool. */
  async finish(): Promise<Spool> {
    await this.body(new Uint8Array())
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#intake.finish()
  }

  /** Leaves nothing behind. May be called again; after `finish` it closes the spool. */
  close(): Promise<void> {
    return this.#intake.close()
  }

  #beginning(): Uint8Array {
    this.#stage = 'header'
    return this.#top()
  }

  #append(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined || bytes.length === 0) return undefined
    const fail = (error: unknown): void => {
      this.#failure = { error }
    }
    try {
      return this.#intake.append(bytes)?.catch(fail)
    } catch (error) {
      fail(error)
      return undefined
    }
  }
}

/** `name:value` and CRLF. */
function printField(name: Uint8Array, value: Uint8Array): Uint8Array {
  let folds = 0
  for (let at = value.indexOf(LF); at !== -1; at = value.indexOf(LF, at + 1)) folds++
  const field = Buffer.allocUnsafe(name.length + value.length + folds + 3)
  field.set(name)
  field[name.length] = COLON
  let to = name.length + 1
  if (folds === 0) field.set(value, to)
  else {
    for (const byte of value) {
      if (byte === LF) field[to++] = CR
      field[to++] = byte
    }
  }
  field.set(CRLF, field.length - 2)
  return field
}
