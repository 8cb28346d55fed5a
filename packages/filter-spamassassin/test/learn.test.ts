import type { Context, Filter, Lesson, Verdict } from '@candy/sdk'
import { type Backend, backend, message, testContext } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { fakeSpamd, type SeenRequest } from './fake-spamd.js'
import { makeFilter } from './make-filter.js'

const MAIL = 'Subject: x\r\n\r\nbody \xff\r\n'
const LEARNED = 'SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n\r\n'
const KNOWN = 'SPAMD/1.1 0 EX_OK\r\n\r\n\r\n'
const REFUSED = 'SPAMD/1.0 69 Service Unavailable: TELL commands are not enabled, set the --allow-tell switch.\r\n'

/** A spamd that gives this reply, and keeps the requests in `seen`. */
function spamd(reply: string, seen: SeenRequest[] = []): Promise<Backend> {
  return backend({
    script: fakeSpamd((request) => {
      seen.push(request)
      return reply
    }),
  })
}

function teach(
  filter: Filter<Verdict>,
  lesson: Lesson,
  context: Context = testContext(),
): Promise<boolean> | undefined {
  const envelope = { sender: 'someone@example.com' }
  return filter.learn?.(message(Buffer.from(MAIL, 'latin1'), { envelope }), lesson, context)
}

test('a message is sent as it is for a scan, and what spamd did is told', async () => {
  const seen: SeenRequest[] = []
  await using daemon = await spamd(LEARNED, seen)
  const filter = await makeFilter({ addresses: [daemon.address], user: 'jane' })
  await expect(teach(filter, 'spam')).resolves.toBe(true)
  const body = Buffer.from(`Return-Path: <someone@example.com>\r\n${MAIL}`, 'latin1')
  expect(seen[0]).toMatchObject({ command: 'TELL SPAMC/1.5', body })
  expect(seen[0]?.headers).toContain('User: jane')
})

test('every spamd learns, and the result is true if at least one of them did not know the message yet', async () => {
  const seen: SeenRequest[] = []
  await using first = await spamd(KNOWN, seen)
  await using second = await spamd(LEARNED, seen)
  const filter = await makeFilter({ addresses: [first.address, second.address] })
  await expect(teach(filter, 'ham')).resolves.toBe(true)
  expect(seen).toHaveLength(2)
})

test('a spamd that does not learn is an error, whatever the others do', async () => {
  await using first = await spamd(LEARNED)
  await using second = await spamd(REFUSED)
  const filter = await makeFilter({ addresses: [first.address, second.address] })
  await expect(teach(filter, 'ham')).rejects.toMatchObject({
    code: 'SCANNER_UNREACHABLE',
    message: expect.stringMatching(new RegExp(`${second.address}.*--allow-tell.*OPTIONS in /etc/default/spamd`)),
  })
})

test('an abort ends it', async () => {
  await using daemon = await backend({ script: 'hang' })
  const filter = await makeFilter({ addresses: [daemon.address] })
  const signal = AbortSignal.timeout(50)
  await expect(teach(filter, 'forget', testContext({ signal }))).rejects.toMatchObject({ name: 'TimeoutError' })
})
