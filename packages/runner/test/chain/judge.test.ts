/** Whatever a filter's code does, a result comes out: what it returns, throws, keeps and yields is a stranger's. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { accept, addHeader, type Bytes, type Message, reject, rewrite, type Verdict } from '@candy/sdk'
import { expect, test } from 'vitest'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { Deadline } from '../../src/chain/deadline.js'
import { reportOf } from '../../src/chain/decision.js'
import { type FilterResult, judge } from '../../src/chain/judge.js'
import { receive } from '../../src/message/spool.js'
import { chunks, makeFilter, memoryLog, scratch, text } from '../support.js'

const MESSAGE = 'Subject: hi\r\n\r\nbody\r\n'

async function judged(filter: ConfiguredFilter, log = memoryLog()): Promise<FilterResult> {
  const spool = { directory: scratch(), memory: 1e6 }
  const content = await receive(chunks(MESSAGE), spool)
  const envelope = { sender: '', recipients: ['r@example.com'] } as const
  return judge(filter, { id: 'ID', envelope, content }, { spool, log }, new Deadline())
}

const given = (value: unknown, rewrites = false): ConfiguredFilter =>
  makeFilter('f', () => value as Verdict, { timeout: 500 }, rewrites)

async function why(filter: ConfiguredFilter): Promise<string | undefined> {
  return reportOf(filter, await judged(filter), 0).text
}

class Reject {
  readonly text = 'no'
  get action(): string {
    return 'reject'
  }
}

const throwing = (): never => {
  throw new Error('from a getter')
}

test.each<[string, unknown, string]>([
  ['a symbol', Symbol('accept'), 'a verdict is an object, not Symbol(accept)'],
  ['a function', () => accept(), 'a verdict is an object, not a function'],
  ['an array', [accept()], 'unknown action: undefined'],
  ['an instance of a class', new Reject(), 'unknown action: undefined'],
  ['an object without a prototype for an action', { action: Object.create(null) }, 'unknown action: an object'],
  [
    'a getter that throws',
    {
      get action() {
        return throwing()
      },
    },
    'from a getter',
  ],
  ['a proxy that throws', new Proxy({}, { ownKeys: throwing }), 'from a getter'],
  ['a thenable that throws', Object.defineProperty({}, 'then', { get: throwing }), 'from a getter'],
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested
  ['a thenable that never settles', { then: () => undefined }, 'not done within 500 ms'],
  ['a symbol for a text', { action: 'reject', text: Symbol('no') }, 'a refusal has a text'],
  [
    'edits without end',
    { action: 'accept', edits: new Array(1_000_000).fill(addHeader('X-A', '1')) },
    '1000000 edits are more than',
  ],
  [
    'a list that says it is endless',
    {
      action: 'accept',
      edits: new Proxy([], { get: (list, key) => (key === 'length' ? 1e9 : Reflect.get(list, key)) }),
    },
    '1000000000 edits are more than the 1000',
  ],
  [
    'edits that are too long',
    accept(Array.from({ length: 20 }, () => addHeader('X-A', 'ab '.repeat(20_000)))),
    'the edits add 1200060 characters',
  ],
  ['an undeclared field', accept([addHeader('Undeclared', '1')]), 'adds Undeclared, which is declared neither in'],
  ['an undeclared field in a refusal', reject('no', [7, 1], [addHeader('Undeclared', '1')]), 'adds Undeclared'],
  [
    'a removal with a getter that throws',
    {
      action: 'accept',
      edits: [
        {
          get remove() {
            return throwing()
          },
        },
      ],
    },
    'from a getter',
  ],
])('%s is no verdict', async (_, value, says) => {
  expect(await why(given(value))).toContain(says)
})

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a symbol', Symbol('x'), 'Symbol(x)'],
  ['text', 'no\r\nBcc: b@example.com', 'no Bcc: b@example.com'],
  ['an object without a prototype', Object.create(null), 'what was thrown cannot be printed'],
  [
    'an error whose message throws',
    {
      get message() {
        return throwing()
      },
    },
    'what was thrown cannot be printed',
  ],
  ['a message of a hundred megabytes', new Error('x'.repeat(1e8)), `${'x'.repeat(397)}...`],
])('a filter may throw %s', async (_, thrown, says) => {
  const filter = makeFilter('f', () => {
    throw thrown
  })
  expect(await why(filter)).toBe(says)
})

test('what a filter does to a verdict afterwards does not change it', async () => {
  const edits = [addHeader('X-Score', '1')]
  const status: [number, number] = [7, 1]
  const verdict = { action: 'reject', text: 'no', status, edits } as const
  const result = await judged(given(verdict))
  Object.assign(edits[0] as object, { value: 'x\r\nBcc: b@example.com' })
  edits.push(addHeader('Undeclared', '1'))
  status.fill(9)
  Object.assign(verdict, { action: 'accept' })
  expect(result).toEqual({
    verdict: { action: 'reject', text: 'no', status: [7, 1], edits: [addHeader('X-Score', '1')] },
  })
})

test('a member that is read twice would not be the same: it is read once', async () => {
  let reads = 0
  const verdict = {
    get action() {
      return ++reads === 1 ? 'reject' : 'accept'
    },
    text: 'no',
  }
  expect(await judged(given(verdict))).toEqual({ verdict: { action: 'reject', text: 'no' } })
})

test('once the verdict is given, the message cannot be read any more, nor can readings that had begun', async () => {
  let kept: Message | undefined
  let begun: AsyncIterator<Uint8Array> | undefined
  const filter = makeFilter('f', async (message) => {
    kept = message
    begun = message.open()[Symbol.asyncIterator]()
    return accept()
  })
  await judged(filter)
  const late = { code: 'SPOOL', message: 'the message is read after the verdict was given' }
  await expect(begun?.next()).rejects.toMatchObject(late)
  await expect(kept?.headers()).rejects.toMatchObject(late)
  await expect(text(kept?.open() as Bytes)).rejects.toMatchObject(late)
})

test('a filter that is left behind at its deadline reads no more of the message', async () => {
  let outcome: unknown
  const filter = makeFilter(
    'f',
    async (message) => {
      await sleep(100)
      outcome = await text(message.open()).catch((error: unknown) => error)
      return accept()
    },
    { timeout: 20 },
  )
  await judged(filter)
  await expect.poll(() => outcome).toMatchObject({ code: 'SPOOL' })
})

test('new content may be read from the message, which is open until it is taken', async () => {
  const result = await judged(makeFilter('f', (message) => rewrite(() => message.open()), {}, true))
  expect('spool' in result && result.spool !== undefined && (await text(result.spool.open()))).toBe(MESSAGE)
})

test('new content without an end is given up at 64 MiB beyond the message, and ended', async () => {
  let ended = false
  async function* endless(): Bytes {
    try {
      for (;;) yield new Uint8Array(1024 ** 2).fill(0x61)
    } finally {
      ended = true
    }
  }
  expect(await why(makeFilter('f', () => rewrite(endless), { timeout: 60_000 }, true))).toBe(
    `the new content has more than ${64 * 1024 ** 2 + MESSAGE.length} bytes`,
  )
  expect(ended).toBe(true)
})

test('new content of empty chunks without an end does not keep the deadline from coming', async () => {
  async function* empty(): Bytes {
    for (;;) yield new Uint8Array()
  }
  expect(await why(makeFilter('f', () => rewrite(empty), { timeout: 50 }, true))).toBe('not done within 50 ms')
})

test('the time that is left counts down, and is none once the deadline has passed', async () => {
  const seen: number[] = []
  const filter = makeFilter(
    'f',
    async (_, context) => {
      seen.push(context.remaining)
      await sleep(30)
      seen.push(context.remaining)
      if (!context.signal.aborted) await once(context.signal, 'abort')
      seen.push(context.remaining)
      return accept()
    },
    { timeout: 80 },
  )
  await judged(filter)
  await expect.poll(() => seen.length).toBe(3)
  const [first = 0, second = 0, last] = seen
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThanOrEqual(80)
  expect(second).toBeLessThan(first)
  expect(last).toBe(0)
})

test('what a filter logs has its name, whatever the names and values of its fields', async () => {
  const log = memoryLog()
  const fields = {
    ...{ id: 'OTHER', filter: 'other', score: 1.5, spam: true, deep: { toString: throwing }, what: Symbol('x') },
    'two\r\nlines': 'a\r\nb',
  }
  const filter = makeFilter('f', (_, context) => {
    context.log('scored\r\nerror: forged', fields as never)
    context.warn(Symbol('event') as never)
    return accept()
  })
  await judged(filter, log)
  const plain = {
    id: 'ID',
    filter: 'f',
    score: 1.5,
    spam: 'true',
    deep: 'object',
    what: 'symbol',
    'two lines': 'a\r\nb',
  }
  expect(log.lines).toEqual([
    { level: 'info', event: 'scored error: forged', fields: plain },
    { level: 'warn', event: 'symbol', fields: { id: 'ID', filter: 'f' } },
  ])
})
