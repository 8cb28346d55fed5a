import { expect, test } from 'vitest'
import {
  accept,
  addHeader,
  concat,
  type Filter,
  fromString,
  reject,
  removeHeader,
  rewrite,
  type Verdict,
} from '../../src/index.js'
import { message, run } from '../../src/testing/index.js'

const mail = message('X-A: old\nSubject: hi\n\nbody\n')
const judging = (judge: Filter<Verdict>['judge']) => ({ judge })
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()

test('the output of an accepted message has the edits', async () => {
  const edits = [removeHeader('X-A'), addHeader('X-B', 'new')]
  const { verdict, output, ...rest } = await run(
    judging(() => accept(edits)),
    mail,
  )
  expect(verdict.action).toBe('accept')
  expect(text(output)).toBe('X-B: new\r\nSubject: hi\r\n\r\nbody\r\n')
  expect(rest).toEqual({ edits, log: [] })
})

test('the output of a rewritten message has the new content and the edits', async () => {
  const rewriter = judging(({ open }) => rewrite(() => concat(open(), fromString('--\r\n')), [addHeader('X-B', '1')]))
  expect(text((await run(rewriter, mail)).output)).toBe('X-B: 1\r\nX-A: old\r\nSubject: hi\r\n\r\nbody\r\n--\r\n')
})

test('a refused message has no output', async () => {
  const result = await run(
    judging(() => reject('infected', [7, 1])),
    mail,
  )
  expect(result).toEqual({ verdict: { action: 'reject', text: 'infected', status: [7, 1] }, edits: [], log: [] })
})

test('what the filter logs is kept in order', async () => {
  const noting = judging((_, { log, warn }) => {
    log('asked', { seconds: 1 })
    warn('slow')
    return accept()
  })
  expect((await run(noting, mail)).log).toEqual([
    { level: 'log', event: 'asked', fields: { seconds: 1 } },
    { level: 'warn', event: 'slow', fields: {} },
  ])
})

test('errors of the filter are thrown, and so is an edit that cannot be applied', async () => {
  const error = new Error('not there')
  await expect(
    run(
      judging(() => Promise.reject(error)),
      mail,
    ),
  ).rejects.toBe(error)
  const hostile = { action: 'accept', edits: [{ add: 'X-A', value: '\r\n' }] } as const
  await expect(
    run(
      judging(() => hostile),
      mail,
    ),
  ).rejects.toMatchObject({ code: 'HEADER_VALUE' })
})

test('the filter gets the signal', async () => {
  const signal = AbortSignal.abort(new Error('too late'))
  const strict = judging((_, context) => {
    context.signal.throwIfAborted()
    return accept()
  })
  await expect(run(strict, mail, signal)).rejects.toThrow('too late')
})
