import { setTimeout as sleep } from 'node:timers/promises'
import { accept, addHeader, type Bytes, reject, rewrite, unscannable, type Verdict } from '@candy/sdk'
import { describe, expect, test } from 'vitest'
import { AddressMap } from '../../src/chain/address-map.js'
import { Chain } from '../../src/chain/chain.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { Deadline } from '../../src/chain/deadline.js'
import type { Policy } from '../../src/chain/policy.js'
import { receive } from '../../src/message/spool.js'
import { chunks, makeFilter, memoryLog, reasonOf, text } from '../support.js'
import { FORGED, IN_MEMORY, MESSAGE, only, run } from './run.js'

describe('header fields that only filters may write are removed from what a sender wrote', () => {
  const TRUE = 'X-Own-Score: 7\r\n'
  const scored = [addHeader('X-Own-Score', '7')]
  const owning = (judge: () => Verdict | Promise<Verdict>, policy: Partial<Policy> = {}): ConfiguredFilter => ({
    ...makeFilter('own', judge, policy),
    fields: ['X-Own*'],
  })
  const broken = (): Verdict => {
    throw new Error('no')
  }
  const status = (text: string): string => `X-Candy-Status: own; ${text}\r\n`

  test.each<[string, ConfiguredFilter[], string]>([
    ['there is no filter', [], `x-own: clean\r\nX-Own-Score: 0\r\n  folded\r\n${MESSAGE}`],
    ['the filter says nothing', [owning(() => accept())], MESSAGE],
    ['the filter says otherwise', [owning(() => accept(scored))], TRUE + MESSAGE],
    [
      'a rejected message is delivered, with what was found',
      [owning(() => reject('spam', [7, 1], scored), { onReject: 'tag' })],
      status('reject, spam') + TRUE + MESSAGE,
    ],
    [
      'an unscannable one is delivered, with what was found',
      [owning(() => unscannable('encrypted', undefined, scored), { onUnscannable: 'tag' })],
      status('unscannable, encrypted') + TRUE + MESSAGE,
    ],
    [
      'an unscannable one passes by the operator’s word',
      [owning(() => unscannable('encrypted', undefined, scored), { onUnscannable: 'accept' })],
      status('not judged, the message is unscannable') + MESSAGE,
    ],
    [
      'the message is too large for it',
      [owning(broken, { maxSize: 3 })],
      status('not judged, larger than 3 bytes') + MESSAGE,
    ],
    [
      'the filter could not decide, and that is accepted',
      [owning(broken, { onError: 'accept' })],
      status('not judged, the filter could not decide') + MESSAGE,
    ],
    [
      'the filter is off for the recipient',
      [{ ...owning(broken), recipients: new AddressMap<'off'>([['*', 'off']]) }],
      MESSAGE,
    ],
    [
      'another filter gives new content',
      [makeFilter('new', async (message) => rewrite(() => message.open()), {}, true), owning(() => accept(scored))],
      TRUE + MESSAGE,
    ],
  ])('when %s', async (_, filters, expected) => {
    expect((await run(filters, new Deadline(), FORGED)).output).toBe(expected)
  })

  test('before any filter sees the message, in whatever order they stand', async () => {
    const seen: string[] = []
    const look = makeFilter('look', async (message) => {
      seen.push(Buffer.from(await message.headers()).toString(), await text(message.open()), String(message.size))
      return accept()
    })
    await run([look, owning(() => accept())], new Deadline(), FORGED)
    expect(seen).toEqual([`${MESSAGE.split('\r\n\r\n')[0]}\r\n`, MESSAGE, String(MESSAGE.length)])
  })

  test('a message without such fields goes on as the bytes that came, uncopied', async () => {
    const spool = IN_MEMORY
    const content = await receive(chunks(MESSAGE), spool)
    const envelope = { sender: '', recipients: ['r@example.com'] } as const
    const chain = new Chain([owning(() => accept())], { spool, log: memoryLog() })
    const outcome = only(await chain.run({ id: 'ID', envelope, content }, new Deadline()))
    expect(outcome.content).toBe(content)
  })

  test('the quarantine keeps them: it has the message as it came', async () => {
    const { outcome, output } = await run(
      [owning(() => reject('spam'), { onReject: 'quarantine' })],
      new Deadline(),
      FORGED,
    )
    expect(outcome.action).toBe('quarantine')
    expect(output).toBe(FORGED)
  })

  test('a message that cannot be read is deferred, whatever the operator chose for errors of a filter', async () => {
    const spool = IN_MEMORY
    const content = await receive(chunks(FORGED), spool)
    await content.close()
    const envelope = { sender: '', recipients: ['r@example.com', 's@example.com'] } as const
    const [group, ...others] = await new Chain([], { spool, log: memoryLog() }).run(
      { id: 'ID', envelope, content },
      new Deadline(),
    )
    expect(others).toEqual([])
    expect(group).toMatchObject({ positions: [0, 1], outcome: { action: 'defer', reason: { filter: 'candy' } } })
  })
})

test('the first filter in order decides, whatever finished first, and the rest are aborted', async () => {
  const aborted: string[] = []
  const { outcome } = await run([
    makeFilter('slow', async () => {
      await sleep(50)
      return { action: 'reject', text: 'slow' }
    }),
    makeFilter('quick', async () => ({ action: 'reject', text: 'quick' })),
    makeFilter('endless', (_, { signal }) => {
      signal.addEventListener('abort', () => aborted.push('endless'))
      return new Promise<never>(() => {})
    }),
  ])
  expect(reasonOf(outcome)).toEqual({ filter: 'slow', text: 'slow', status: [7, 1] })
  expect(aborted).toEqual(['endless'])
})

test('neighbours that do not rewrite run at the same time', async () => {
  let running = 0
  let most = 0
  const filter = makeFilter('f', async () => {
    most = Math.max(most, ++running)
    await sleep(20)
    running--
    return accept()
  })
  await run([filter, filter, filter])
  expect(most).toBe(3)
})

async function* brokenContent(): Bytes {
  yield Buffer.from('half a mess')
  throw new Error('broken in the middle')
}

async function* stuckContent(): Bytes {
  yield Buffer.from('half a mess')
  await new Promise(() => {})
}

const never = new Promise<never>(() => {})
const bad = (value: unknown): Verdict => value as Verdict

test.each<[string, ConfiguredFilter, string]>([
  [
    'throws',
    makeFilter('f', () => {
      throw new Error('no')
    }),
    'no',
  ],
  ['throws nothing useful', makeFilter('f', () => Promise.reject(undefined)), 'undefined'],
  ['never answers and ignores its signal', makeFilter('f', () => never, { timeout: 20 }), 'not done within 20 ms'],
  ['returns nothing', makeFilter('f', () => bad(undefined)), 'a verdict is an object, not undefined'],
  ['returns an unknown action', makeFilter('f', () => bad({ action: 'drop' })), 'unknown action: drop'],
  ['returns an inherited action', makeFilter('f', () => bad({ action: 'toString' })), 'unknown action: toString'],
  [
    'returns an unknown member',
    makeFilter('f', () => bad({ action: 'accept', txt: '' })),
    'accept: unknown member: txt',
  ],
  ['returns no text', makeFilter('f', () => bad({ action: 'reject' })), 'a refusal has a text'],
  [
    'returns a wrong status',
    makeFilter('f', () => bad({ action: 'reject', text: '', status: [5, 7, 1] })),
    'a status is [subject, detail]',
  ],
  [
    'returns content without the right',
    makeFilter('f', () => bad(rewrite(() => chunks('x')))),
    'content from a filter',
  ],
  ['smuggles a field in', makeFilter('f', () => accept([{ add: 'A', value: 'x\r\nB: y' }])), 'A: a value is'],
  [
    'throws in the middle of its content',
    makeFilter('f', () => rewrite(brokenContent), {}, true),
    'broken in the middle',
  ],
  [
    'hangs in the middle of its content',
    makeFilter('f', () => rewrite(stuckContent), { timeout: 20 }, true),
    'not done within',
  ],
  ['ends its content at once', makeFilter('f', () => rewrite(() => chunks()), {}, true), 'the new content is empty'],
  ['yields text', makeFilter('f', () => rewrite(() => bad('text') as never), {}, true), 'content() must give'],
])('a filter that %s could not decide, and the message is whole', async (_, filter, why) => {
  const { outcome, output } = await run([filter])
  expect(outcome.action).toBe('defer')
  expect(reasonOf(outcome)).toEqual({ filter: 'f', text: 'content filter unavailable', status: [3, 0] })
  expect(outcome.reports[0]?.action).toBe('error')
  expect(outcome.reports[0]?.text).toContain(why)
  expect(output).toBe(MESSAGE)
})

test('a filter that could not decide is passed over only if the operator says so, and a header field shows it', async () => {
  const broken = makeFilter(
    'av',
    () => {
      throw new Error('no')
    },
    { onError: 'accept' },
  )
  const { outcome, output } = await run([broken])
  expect(outcome.action).toBe('accept')
  expect(output).toBe(`X-Candy-Status: av; not judged, the filter could not decide\r\n${MESSAGE}`)
})

test('a message over max_size is not judged, and a header field shows it', async () => {
  const { output } = await run([makeFilter('av', () => ({ action: 'reject', text: '' }), { maxSize: 3 })])
  expect(output).toBe(`X-Candy-Status: av; not judged, larger than 3 bytes\r\n${MESSAGE}`)
})

test('a rejected message may be tagged instead', async () => {
  const { output } = await run([
    makeFilter('av', () => ({ action: 'reject', text: 'virus\u0007 found' }), { onReject: 'tag' }),
  ])
  expect(output).toBe(`X-Candy-Status: av; reject, virus? found\r\n${MESSAGE}`)
})

test('new content is canonical: a filter cannot smuggle', async () => {
  const smuggler = makeFilter('f', () => rewrite(() => chunks('A: 1\r\n\r\nx\n.\r\ny\r.\rz')), {}, true)
  const { output, outcome } = await run([smuggler])
  expect(output).toBe('A: 1\r\n\r\nx\r\n.\r\ny . z\r\n')
  expect(outcome.rewritten).toBe(true)
})

test('an abort from outside defers the message, whatever the operator chose for errors of a filter', async () => {
  const deadline = new Deadline()
  const running = run([makeFilter('f', () => never, { onError: 'accept' })], deadline)
  deadline.abort(new Error('the client went away'))
  expect((await running).outcome.action).toBe('defer')
})

test('a filter cannot change the envelope or the message for others', async () => {
  const vandal = makeFilter('vandal', async (message) => {
    for await (const chunk of message.open()) chunk.fill(0)
    ;(await message.headers()).fill(0)
    expect(() => Object.assign(message.envelope, { sender: 'x' })).toThrow(TypeError)
    expect(() => (message.envelope.recipients as unknown as string[]).push('x')).toThrow(TypeError)
    return accept()
  })
  const { output } = await run([vandal])
  expect(output).toBe(MESSAGE)
})
