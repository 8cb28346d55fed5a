/** Filters broken on purpose, each in one way, and the check that must notice. */
import { openSync } from 'node:fs'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import * as v from 'valibot'
import {
  type Accept,
  accept,
  addHeader,
  collect,
  defineFilter,
  type Filter,
  type FilterPackage,
  fromString,
  type Message,
  rewrite,
  type Verdict,
} from '../../../src/index.js'
import { type ContractOptions, message } from '../../../src/testing/index.js'
import { answer, ask, type Options, scanner, send } from './daemon.js'

export interface Broken {
  readonly check: string
  readonly how: string
  readonly subject: Omit<ContractOptions, 'test'>
  readonly says: RegExp
}

type Judge = Filter<Verdict>['judge']

/** A scanner, one of whose members is replaced. */
function asking(over: (options: Options) => Partial<Filter<Verdict>>, given: Partial<ContractOptions> = {}) {
  const filter = scanner(over as (options: Options) => Partial<Filter>)
  return {
    filter,
    backend: answer,
    options: (b: { address: string }) => ({ address: b.address }),
    grace: 400,
    ...given,
  }
}

/** A filter without a backend. */
function plain(judge: Judge, given: Partial<ContractOptions> & { members?: Partial<Filter<Verdict>> } = {}) {
  const { members, ...rest } = given
  const filter: FilterPackage = defineFilter({
    api: 1,
    name: 'plain',
    rewrites: true,
    options: v.object({}),
    create: () => ({ judge, ...members }),
  })
  return { filter: { ...filter, rewrites: false }, grace: 400, ...rest }
}

function rewriting(judge: Judge) {
  const subject = plain(judge)
  return { ...subject, filter: { ...subject.filter, rewrites: true } }
}

/** What a good judge of the scanner does, for judges that are broken elsewhere. */
async function scan({ address }: Options, letter: Message, signal: AbortSignal): Promise<Accept> {
  const reply = await ask(address, signal, send(letter, signal))
  if (reply !== 'clean') throw new Error(reply)
  return accept()
}

/** A verdict that the types forbid. */
const bad = (verdict: unknown) => verdict as Verdict

const sockets: unknown[] = []

export const BROKEN: readonly Broken[] = [
  {
    check: 'says what package it is',
    how: 'another api',
    subject: (() => {
      const subject = plain(() => accept())
      return { ...subject, filter: { ...subject.filter, api: 2 as 1 } }
    })(),
    says: /api is 1, not 2/,
  },
  {
    check: 'takes its options',
    how: 'options that its schema refuses',
    subject: asking(() => ({}), { options: { address: 25 } }),
    says: /refused: .*string/,
  },
  ...(
    [
      ['an unknown action', { action: 'discard' }, /unknown action: discard/],
      ['an unknown member', { action: 'accept', edit: [] }, /unknown member: edit/],
      ['a member of another action', { action: 'reject', text: 'no', edits: [] }, /unknown member: edits/],
      ['content without rewrites', rewrite(() => fromString('x')), /not defined with `rewrites: true`/],
      ['no text', { action: 'defer', text: ' ' }, /has a text/],
      ['a status with a class', { action: 'reject', text: 'no', status: [5, 7, 1] }, /a status is/],
      ['no verdict at all', undefined, /a verdict is an object/],
    ] as const
  ).map(([how, verdict, says]) => ({
    check: 'gives verdicts that runners know',
    how,
    subject: plain(() => bad(verdict)),
    says,
  })),
  ...(
    [
      ['a line break in a value', [{ add: 'X-A', value: 'a\r\nBcc: b@example.com' }], /printable ASCII/],
      ['an unknown edit', [{ replace: 'Subject', value: 'x' }], /an edit is { add, value } or { remove }/],
      ['an edit that is two', [{ add: 'X-A', value: 'x', remove: 'X-A' }], /an edit is { add, value } or { remove }/],
    ] as const
  ).map(([how, edits, says]) => ({
    check: 'gives edits that can be applied',
    how,
    subject: plain(() => bad({ action: 'accept', edits })),
    says,
  })),
  {
    check: 'judges an empty message',
    how: 'a bug that shows without a first chunk',
    subject: plain(async (letter) => {
      let first: Uint8Array | undefined
      for await (const chunk of letter.open()) first ??= chunk
      return accept([addHeader('X-First', String((first as Uint8Array)[0]))])
    }),
    says: /judge\(\) threw/,
  },
  {
    check: 'judges an empty body',
    how: 'a bug that shows without a body',
    subject: plain(async (letter) => {
      const body = (await text(letter)).split('\r\n\r\n')[1]
      return accept([addHeader('X-Start', (/^./.exec(body ?? 'x') as RegExpExecArray)[0])])
    }),
    says: /judge\(\) threw/,
  },
  {
    check: 'judges headers alone',
    how: 'a bug that shows without an empty line',
    subject: plain(async (letter) => {
      if (letter.size > 0 && !(await text(letter)).includes('\r\n\r\n')) throw new Error('no body')
      return accept()
    }),
    says: /no body/,
  },
  {
    check: 'judges 8-bit bytes',
    how: 'a decoder that knows UTF-8 only',
    subject: plain(async (letter) => {
      new TextDecoder('utf-8', { fatal: true }).decode(await collect(letter.open()))
      return accept()
    }),
    says: /judge\(\) threw/,
  },
  {
    check: 'judges the same whatever the chunks',
    how: 'a search in each chunk by itself',
    subject: plain(async (letter) => {
      let found = false
      for await (const chunk of letter.open()) found ||= Buffer.from(chunk).includes('lunch')
      return accept([addHeader('X-Lunch', String(found))])
    }),
    says: /another verdict in chunks of 1 bytes/,
  },
  {
    check: 'judges many messages at once as it judges them alone',
    how: 'a state shared between messages',
    subject: (() => {
      let size = 0
      return plain(async (letter) => {
        size = 0
        for await (const chunk of letter.open()) size += chunk.length
        return accept([addHeader('X-Size', String(size))])
      })
    })(),
    says: /another verdict while it judged others/,
  },
  {
    check: 'serves two drop-ins in one process',
    how: 'a close that ends what all instances share',
    subject: (() => {
      let closed = false
      const judge = () => {
        if (closed) throw new Error('closed')
        return accept()
      }
      return plain(judge, {
        members: {
          close: async () => {
            closed = true
          },
        },
      })
    })(),
    says: /judge\(\) threw: Error: closed/,
  },
  {
    check: 'says that it is well',
    how: 'a check that throws',
    subject: asking(() => ({ check: async () => Promise.reject(new Error('oops')) })),
    says: /check\(\) threw when all is well/,
  },
  {
    check: 'says that it is well',
    how: 'a check that is never content',
    subject: asking(() => ({ check: async () => ({ ok: false, text: 'gone' }) })),
    says: /says "gone" though all is well/,
  },
  {
    check: 'settles soon after its signal aborts',
    how: 'a scanner that waits for its daemon for ever',
    subject: asking((options) => ({
      judge: (letter) => scan(options, letter, new AbortController().signal),
    })),
    says: /judge\(\) did not settle within \d+ ms/,
  },
  {
    check: 'settles soon after its signal aborts',
    how: 'a reader that reads on',
    subject: plain(async (letter) => {
      for await (const _ of letter.open());
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
    says: /leaves behind: .*broken\.ts/,
  },
  {
    check: 'closes what it opens',
    how: 'a close that throws',
    subject: plain(() => accept(), { members: { close: async () => Promise.reject(new Error('not mine')) } }),
    says: /close\(\) threw: Error: not mine/,
  },
  {
    check: 'ends every reading it begins',
    how: 'a reading dropped after its first chunk',
    subject: plain(async (letter) => {
      await letter.open()[Symbol.asyncIterator]().next()
      return accept()
    }),
    says: /1 of 1 reading\(s\) not ended/,
  },
  {
    check: 'ends every reading it begins',
    how: 'a reading that goes on after the verdict',
    subject: plain((letter) => {
      setImmediate(() => void collect(letter.open()).catch(() => undefined))
      return accept()
    }),
    says: /reads the message after its verdict/,
  },
  {
    check: 'throws when the message cannot be read',
    how: 'a verdict on half a message',
    subject: plain(async (letter) => {
      await collect(letter.open()).catch(() => undefined)
      return accept()
    }),
    says: /gives accept for a message that it could not read/,
  },
  {
    check: 'reads a huge message no faster than its backend does',
    how: 'a message collected before it is sent',
    subject: asking(({ address }) => ({
      judge: async (letter, { signal }) => {
        const whole = message(await collect(letter.open()))
        return scan({ address, field: '' }, whole, signal)
      },
    })),
    says: /reads 25165824 bytes of 25165824 ahead/,
  },
  {
    check: 'judges a huge message without holding it',
    how: 'a copy kept for later',
    subject: plain(async (letter) => accept([addHeader('X-Size', String((await text(letter)).length))])),
    says: /holds \d+ bytes of a message/,
  },
  ...(['refuses', 'hangs', 'hangs up midway', 'talks nonsense', 'is cut short'] as const).map((what) => ({
    check: `throws when its backend ${what}`,
    how: 'an error taken for a yes',
    subject: asking((options) => ({
      judge: (letter, { signal }) => scan(options, letter, signal).catch(() => accept()),
    })),
    says: new RegExp(`gives accept though its backend ${what}`),
  })),
  {
    check: 'throws when its backend refuses',
    how: 'a guess that leaves the operator no choice',
    subject: asking((options) => ({
      judge: (letter, { signal }) =>
        scan(options, letter, signal).catch(() => ({ action: 'defer' as const, text: 'later' })),
    })),
    says: /gives defer \("later"\)/,
  },
  {
    check: 'throws when its backend is cut short',
    how: 'a parser that is content with a beginning',
    subject: asking(({ address }) => ({
      judge: async (letter, { signal }) => {
        await ask(address, signal, send(letter, signal)).catch((error: unknown) => {
          if (!/cut short: cl/.test(String(error))) throw error
        })
        return accept()
      },
    })),
    says: /gives accept though its backend is cut short/,
  },
  {
    check: 'tells of a bad backend without throwing',
    how: 'a check that throws',
    subject: asking(({ address }) => ({
      check: async ({ signal }) => ({ ok: true, text: await ask(address, signal, ['PING\n']) }),
    })),
    says: /check\(\) threw when its backend refuses/,
  },
  {
    check: 'tells of a bad backend without throwing',
    how: 'a check that does not look',
    subject: asking(() => ({ check: async () => ({ ok: true, text: 'fine' }) })),
    says: /says "fine" though its backend refuses/,
  },
  {
    check: 'opens nothing before its content is read',
    how: 'a stream that reads ahead',
    subject: rewriting((letter) =>
      rewrite(() => {
        const reading = letter.open()[Symbol.asyncIterator]()
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
    subject: rewriting((letter) => rewrite(() => Readable.from(letter.open()).setEncoding('latin1'))),
    says: /a chunk is a Uint8Array, not string/,
  },
  {
    check: 'ends its content on every path',
    how: 'a reading dropped when the content is broken off',
    subject: rewriting((letter) =>
      rewrite(() => {
        const reading = letter.open()[Symbol.asyncIterator]()
        return { [Symbol.asyncIterator]: () => ({ next: () => reading.next() }) }
      }),
    ),
    says: /not ended after the content was broken off/,
  },
  {
    check: 'gives an error, not half a content, when the message cannot be read',
    how: 'an end in place of an error',
    subject: rewriting((letter) =>
      rewrite(async function* () {
        try {
          yield* letter.open()
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

async function text(letter: Message): Promise<string> {
  return Buffer.from(await collect(letter.open())).toString('latin1')
}
