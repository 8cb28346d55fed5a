/** A message that remembers how it was read: how often, how far, whether every reading was ended, and by when. */
import type { Message } from '../../contract.js'
import { CandyError } from '../../error.js'

export interface Witness {
  readonly message: Message
  /** Readings begun and not ended. */
  readonly reading: number
  /** Readings begun at all. */
  readonly begun: number
  /** Bytes given out, over all readings. */
  readonly given: number
  /** Whether somebody asked for bytes after `seal()`. */
  readonly late: boolean
  /** From now on reading throws, as it does for a runner once the verdict is given. */
  seal(): void
}

export function witness(message: Message): Witness {
  let begun = 0
  let ended = 0
  let given = 0
  let late = false
  let sealed = false

  function read(source: AsyncIterator<Uint8Array>): AsyncIterator<Uint8Array> {
    let state: 'new' | 'begun' | 'ended' = 'new'
    function end() {
      if (state === 'begun') ended++
      state = 'ended'
    }
    return {
      async next() {
        if (state === 'ended') return { done: true, value: undefined }
        if (state === 'new') begun++
        state = 'begun'
        try {
          if (sealed) {
            late = true
            throw new CandyError('SPOOL', 'the message is read after the verdict was given')
          }
          const result = await source.next()
          if (result.done === true) end()
          else given += result.value.length
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
    get reading() {
      return begun - ended
    },
    get begun() {
      return begun
    },
    get given() {
      return given
    },
    get late() {
      return late
    },
    seal() {
      sealed = true
    },
  }
}
