/** The messages of the contract suite. Filters often handle one of these wrongly. */
import type { Message } from '../../contract.js'
import { message } from '../message.js'

const HEAD = 'From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: lunch\r\nMessage-ID: <1@example.com>\r\n'

/** A message that a filter has no reason to refuse. */
export const ORDINARY: string = `${HEAD}\r\nDear Bob,\r\n\r\n.lunch at noon?\r\n.\r\n\r\nAnn\r\n`

export const EMPTY_BODY: string = `${HEAD}\r\n`
export const HEADERS_ALONE: string = HEAD

/**
 * Every byte but CR and LF, in the body and in a header field, as in mail with UTF-8 headers (RFC 6532) and in spam. The last line has
 * no line end.
 */
export const EIGHT_BIT: Uint8Array = (() => {
  const every = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte).filter((b) => b !== 10 && b !== 13))
  return new Uint8Array(
    Buffer.concat([Buffer.from(HEAD), Buffer.from('X-Raw: '), every, Buffer.from('\r\n\r\n'), every]),
  )
})()

export const HUGE: number = 24 * 1024 * 1024
const CHUNK = 64 * 1024

/** A message of `HUGE` bytes. Each chunk is created when it is read, once `pause` has resolved. */
export function hugeMessage(pause?: () => Promise<unknown>): Message {
  const head = message(EMPTY_BODY)
  async function* open() {
    yield* head.open()
    for (let left = HUGE - head.size; left > 0; left -= CHUNK) {
      await pause?.()
      yield new Uint8Array(Math.min(CHUNK, left)).fill(0x61)
    }
  }
  return Object.freeze({ ...head, size: HUGE, open })
}

/** The message, whose second half cannot be read while `broken()` is true. `hasFailed()` tells whether a reading has failed. */
export function unreadable(mail: Message, broken: () => boolean): { readonly message: Message; hasFailed(): boolean } {
  let failed = false
  async function* open() {
    let left = mail.size / 2
    for await (const chunk of mail.open()) {
      left -= chunk.length
      if (left < 0 && broken()) {
        failed = true
        throw new Error('the disk is gone')
      }
      yield chunk
    }
  }
  return { message: Object.freeze({ ...mail, open }), hasFailed: () => failed }
}
