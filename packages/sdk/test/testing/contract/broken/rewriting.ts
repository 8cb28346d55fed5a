/** Filters whose content is not lazy, not whole, or not ended. */
import { Readable } from 'node:stream'
import { accept, rewrite } from '../../../../src/index.js'
import { type Broken, rewriting } from './broken.js'

export const REWRITING: readonly Broken[] = [
  {
    check: 'opens nothing before its content is read',
    how: 'a stream that reads ahead',
    subject: rewriting((mail) =>
      rewrite(() => {
        const reading = mail.open()[Symbol.asyncIterator]()
        const first = reading.next()
        return (async function* () {
          const { value } = await first
          yield value as Uint8Array
          for (let next = await reading.next(); next.done !== true; next = await reading.next()) yield next.value
        })()
      }),
    ),
    says: /begins to read before anybody asks/,
  },
  {
    check: 'gives content in chunks of type Uint8Array',
    how: 'a stream in text mode',
    subject: rewriting((mail) => rewrite(() => Readable.from(mail.open()).setEncoding('latin1'))),
    says: /a chunk is a Uint8Array, not string/,
  },
  {
    check: 'ends its reading of the message when its content was read or broken off',
    how: 'a reading dropped when the content is broken off',
    subject: rewriting((mail) =>
      rewrite(() => {
        const reading = mail.open()[Symbol.asyncIterator]()
        return { [Symbol.asyncIterator]: () => ({ next: () => reading.next() }) }
      }),
    ),
    says: /not ended after the content was broken off/,
  },
  {
    check: 'gives an error, not half a content, when the message cannot be read',
    how: 'an end in place of an error',
    subject: rewriting((mail) =>
      rewrite(async function* () {
        try {
          yield* mail.open()
        } catch {
          return
        }
      }),
    ),
    says: /ends as if it were whole/,
  },
  {
    check: 'gives content in chunks of type Uint8Array',
    how: 'a sample that it does not rewrite',
    subject: rewriting(() => accept()),
    says: /give as `sample` a message that the filter rewrites/,
  },
]
