/** Filters that say something wrong of a message. */
import { accept, addHeader, collect, type FilterPackage, fromString, reject, rewrite } from '../../../../src/index.js'
import { asking, type Broken, bad, plain, text } from './broken.js'

export const JUDGING: readonly Broken[] = [
  {
    check: 'has the members of a filter package',
    how: 'another api',
    subject: (() => {
      const subject = plain(() => accept())
      return { ...subject, filter: { ...subject.filter, api: 2 as 1 } }
    })(),
    says: /api is 1, not 2/,
  },
  {
    check: 'accepts its options',
    how: 'options that its schema refuses',
    subject: asking(() => ({}), { options: { address: 25 } }),
    says: /refused: .*string/,
  },
  ...(
    [
      ['an unknown action', { action: 'discard' }, /unknown action: discard/],
      ['an unknown member', { action: 'accept', edit: [] }, /unknown member: edit/],
      ['a member of another action', { action: 'reject', text: 'no', content: () => [] }, /unknown member: content/],
      ['content without rewrites', rewrite(() => fromString('x')), /not defined with `rewrites: true`/],
      ['an undeclared field', accept([addHeader('X-Mine', '1')]), /adds X-Mine, which is declared neither in/],
      ['no text', { action: 'defer', text: ' ' }, /has a text/],
      ['a status with a class', { action: 'reject', text: 'no', status: [5, 7, 1] }, /a status is/],
      ['no verdict at all', undefined, /a verdict is an object/],
    ] as const
  ).map(([how, verdict, says]) => ({
    check: 'returns verdicts that runners accept',
    how,
    subject: plain(() => bad(verdict)),
    says,
  })),
  ...(
    [
      ['a line break in a value', [{ add: 'X-A', value: 'a\r\nBcc: b@example.com' }], /printable ASCII/],
      [
        'an unknown edit',
        [{ replace: 'Subject', value: 'x' }],
        /an edit is { add, value }, { remove } or { remove, where }/,
      ],
      [
        'an edit that is two',
        [{ add: 'X-A', value: 'x', remove: 'X-A' }],
        /an edit is { add, value }, { remove } or { remove, where }/,
      ],
    ] as const
  ).map(([how, edits, says]) => ({
    check: 'returns header edits that can be applied',
    how,
    subject: plain(() => bad({ action: 'accept', edits })),
    says,
  })),
  {
    check: 'judges an empty message',
    how: 'a bug that shows without a first chunk',
    subject: plain(async (mail) => {
      let first: Uint8Array | undefined
      for await (const chunk of mail.open()) first ??= chunk
      return accept([addHeader('X-First', String((first as Uint8Array)[0]))])
    }),
    says: /judge\(\) threw/,
  },
  {
    check: 'judges an empty body',
    how: 'a bug that shows without a body',
    subject: plain(async (mail) => {
      const body = (await text(mail)).split('\r\n\r\n')[1]
      return accept([addHeader('X-Start', (/^./.exec(body ?? 'x') as RegExpExecArray)[0])])
    }),
    says: /judge\(\) threw/,
  },
  {
    check: 'judges headers alone',
    how: 'a bug that shows without an empty line',
    subject: plain(async (mail) => {
      if (mail.size > 0 && !(await text(mail)).includes('\r\n\r\n')) throw new Error('no body')
      return accept()
    }),
    says: /no body/,
  },
  {
    check: 'judges 8-bit bytes',
    how: 'a decoder that knows UTF-8 only',
    subject: plain(async (mail) => {
      new TextDecoder('utf-8', { fatal: true }).decode(await collect(mail.open()))
      return accept()
    }),
    says: /judge\(\) threw/,
  },
  {
    check: 'gives the same verdict for any chunk boundaries',
    how: 'a search in each chunk by itself',
    subject: plain(async (mail) => {
      let found = false
      for await (const chunk of mail.open()) found ||= Buffer.from(chunk).includes('lunch')
      return accept([addHeader('X-Lunch', String(found))])
    }),
    says: /another verdict in chunks of 1 bytes/,
  },
  {
    check: 'gives the same verdicts when it judges many messages at once',
    how: 'a state shared between messages',
    subject: (() => {
      let size = 0
      return plain(async (mail) => {
        size = 0
        for await (const chunk of mail.open()) size += chunk.length
        return accept([addHeader('X-Size', String(size))])
      })
    })(),
    says: /another verdict while it judged others/,
  },
  {
    check: 'works when two drop-ins use it in one process',
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
    check: 'gives the same verdict when it is created for a check',
    how: 'a filter that lets everything pass in a check',
    subject: (() => {
      const subject = plain(() => accept())
      const create: FilterPackage['create'] = (_, { check }) => ({ judge: () => (check ? accept() : reject('no')) })
      return { ...subject, filter: { ...subject.filter, create } }
    })(),
    says: /another verdict when it is created for a check/,
  },
]
