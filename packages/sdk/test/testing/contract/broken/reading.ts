/** Filters that read wrongly, or leave something behind. */
import { openSync } from 'node:fs'
import { connect } from 'node:net'
import { accept, addHeader, collect } from '../../../../src/index.js'
import { message } from '../../../../src/testing/index.js'
import { asking, type Broken, plain, scan, text } from './broken.js'

const sockets: unknown[] = []

export const READING: readonly Broken[] = [
  {
    check: 'settles soon after its signal aborts',
    how: 'a scanner that waits for its daemon for ever',
    subject: asking((options) => ({
      judge: (mail) => scan(options, mail, new AbortController().signal),
    })),
    says: /judge\(\) did not settle within \d+ ms/,
  },
  {
    check: 'settles soon after its signal aborts',
    how: 'a reader that reads on',
    subject: plain(async (mail) => {
      for await (const _ of mail.open());
      return accept()
    }),
    says: /judge\(\) did not settle within \d+ ms/,
  },
  {
    check: 'closes what it opens',
    how: 'a connection left open',
    subject: asking(({ address }) => ({
      judge: async () => {
        sockets.push(connect(address).on('error', () => undefined))
        return accept()
      },
    })),
    says: /leaves 1 connection\(s\) to the backend open/,
  },
  {
    check: 'closes what it opens',
    how: 'a timer left running',
    subject: plain(() => {
      setTimeout(() => undefined, 3000)
      return accept()
    }),
    says: /leaves behind: Timeout/,
  },
  {
    check: 'closes what it opens',
    how: 'a file left open',
    subject: plain(() => {
      openSync(new URL(import.meta.url), 'r')
      return accept()
    }),
    says: /leaves behind: .*broken\/reading\.ts/,
  },
  {
    check: 'closes what it opens',
    how: 'a close that throws',
    subject: plain(() => accept(), { members: { close: async () => Promise.reject(new Error('not mine')) } }),
    says: /close\(\) threw: Error: not mine/,
  },
  {
    check: 'ends every reading of the message that it begins',
    how: 'a reading dropped after its first chunk',
    subject: plain(async (mail) => {
      await mail.open()[Symbol.asyncIterator]().next()
      return accept()
    }),
    says: /1 of 1 reading\(s\) not ended/,
  },
  {
    check: 'ends every reading of the message that it begins',
    how: 'a reading that goes on after the verdict',
    subject: plain((mail) => {
      setImmediate(() => void collect(mail.open()).catch(() => undefined))
      return accept()
    }),
    says: /reads the message after its verdict/,
  },
  {
    check: 'throws when the message cannot be read',
    how: 'a verdict on half a message',
    subject: plain(async (mail) => {
      await collect(mail.open()).catch(() => undefined)
      return accept()
    }),
    says: /gives accept for a message that it could not read/,
  },
  {
    check: 'reads a huge message no faster than its backend does',
    how: 'a message collected before it is sent',
    subject: asking(({ address }) => ({
      judge: async (mail, { signal }) => {
        const whole = message(await collect(mail.open()))
        return scan({ address, field: '' }, whole, signal)
      },
    })),
    says: /reads 25165824 bytes of 25165824 ahead/,
  },
  {
    check: 'judges a huge message without keeping it in memory',
    how: 'a copy kept for later',
    subject: plain(async (mail) => accept([addHeader('X-Size', String((await text(mail)).length))]), {
      grace: 2000,
    }),
    says: /holds \d+ bytes of a message/,
  },
]
