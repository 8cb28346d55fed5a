/** The message as one filter sees it: frozen, made for this filter alone, and readable only until its verdict was used. */
import { type Bytes, CandyError, type Envelope, type Message } from '@candy/sdk'
import type { MailObject } from '../message/mail-object.js'

export interface MessageView {
  /** What the filter gets. Once the view is closed, `open` and `headers` throw `SPOOL`, and so does a reading that is under way. */
  readonly message: Message
  /** Ends what the filter can read: its verdict was used, or it has none. */
  close(): void
}

export function viewMessage({ id, envelope, content }: MailObject): MessageView {
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
    envelope: frozen(envelope),
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

/** A copy, since other filters and the runner use the envelope, too. */
function frozen({ sender, recipients, client }: Envelope): Envelope {
  const [first, ...others] = recipients
  const copy: [string, ...string[]] = [first, ...others]
  return Object.freeze({
    sender,
    recipients: Object.freeze(copy),
    ...(client === undefined ? {} : { client: Object.freeze({ ...client }) }),
  })
}
