/** A message that counts how it was read: how often, how many bytes, whether every reading was ended, and whether any came too late. */
import type { Message } from '../../contract.js'
import { CandyError } from '../../error.js'

export interface ObservedMessage {
  readonly message: Message
  /** Readings that have begun and not ended. */
  readonly unfinished: number
  /** Readings that have begun. */
  readonly readings: number
  /** Bytes that were read, over all readings. */
  readonly bytesRead: number
  /** Whether somebody has asked for bytes after `close()`. */
  readonly readAfterClose: boolean
  /** Makes every further reading throw, as the runner does once the filter has returned its verdict. */
  close(): void
}

export function observe(message: Message): ObservedMessage {
  let readings = 0
  let ended = 0
  let bytesRead = 0
  let readAfterClose = false
  let closed = false

  function read(source: AsyncIterator<Uint8Array>): AsyncIterator<Uint8Array> {
    let state: 'new' | 'begun' | 'ended' = 'new'
    function end() {
      if (state === 'begun') ended++
      state = 'ended'
    }
    return {
      async next() {
        if (state === 'ended') return { done: true, value: undefined }
        if (state === 'new') readings++
        state = 'begun'
        try {
          if (closed) {
            readAfterClose = true
            throw new CandyError('SPOOL', 'the message is read after the verdict was given')
          }
          const result = await source.next()
          if (result.done === true) end()
          else bytesRead += result.value.length
          return result
        } catch (error) {
          end()
          throw error
        }
      },
      async return() {
        end()
        await source.return?.()
        return { done: true, value: undefined }
      },
    }
  }

  return {
    message: Object.freeze({
      ...message,
      open: () => ({ [Symbol.asyncIterator]: () => read(message.open()[Symbol.asyncIterator]()) }),
    }),
    get unfinished() {
      return readings - ended
    },
    get readings() {
      return readings
    },
    get bytesRead() {
      return bytesRead
    },
    get readAfterClose() {
      return readAfterClose
    },
    close() {
      closed = true
    },
  }
}
