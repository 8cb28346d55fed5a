/** The message as one filter sees it: frozen, made for this filter alone, and closed to it once its verdict is used. */
import { type Bytes, CandyError, type Message } from '@candy/sdk'
import type { Subject } from './judge.js'

export interface MessageView {
  readonly message: Message
  /** From now on reading throws `SPOOL`, also where a reading is under way. */
  close(): void
}

export function viewMessage({ id, envelope, content }: Subject): MessageView {
  let closed = false
  const assertOpen = (): void => {
    if (closed) throw new CandyError('SPOOL', 'the message is read after the verdict was given')
  }
  function read(): AsyncIterator<Uint8Array> {
    const source = content.open()[Symbol.asyncIterator]()
    return {
      next: async () => {
        if (closed) await source.return?.()
        assertOpen()
        return source.next()
      },
      return: async () => {
        await source.return?.()
        return { done: true, value: undefined }
      },
    }
  }
  const message: Message = Object.freeze({
    id,
    envelope,
    size: content.size,
    open: (): Bytes => ({ [Symbol.asyncIterator]: read }),
    headers: async () => {
      assertOpen()
      return new Uint8Array(await content.headers())
    },
  })
  return {
    message,
    close: () => {
      closed = true
    },
  }
}
