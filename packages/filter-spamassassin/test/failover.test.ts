/** Several spamds behind one filter: which of them is asked, which is waited for, and what is thrown when none has an answer. */
import { rename } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { backend, message, run } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { fakeSpamd, symbols } from './fake-spamd.js'
import { makeFilter } from './make-filter.js'

const well = fakeSpamd(() => symbols('False ; 1 / 5'))

async function judging(addresses: readonly string[], wait = '1ms') {
  const filter = await makeFilter({ addresses, wait })
  return async (signal?: AbortSignal) => await run(filter, message('Subject: hello\r\n\r\nbody\r\n'), signal)
}

test.each(['refuse', 'close', 'nonsense'] as const)(
  'when the first does %s, the second one is asked, and alone for the next message',
  async (script) => {
    await using bad = await backend({ script })
    await using good = await backend({ script: well })
    const judge = await judging([bad.address, good.address])
    const connections = []
    for (let turn = 0; turn < 2; turn++) {
      expect((await judge()).verdict.action).toBe('accept')
      connections.push([bad.connections, good.connections])
    }
    const asked = script === 'refuse' ? 0 : 1
    expect(connections).toEqual([
      [asked, 1],
      [asked, 2],
    ])
  },
)

test('while the first one answers, the second one is not asked', async () => {
  await using first = await backend({ script: well })
  await using second = await backend({ script: well })
  const judge = await judging([first.address, second.address])
  for (let turn = 0; turn < 3; turn++) await judge()
  expect([first.connections, second.connections]).toEqual([3, 0])
})

test('when all fail, the error names them all, and nonsense outweighs absence', async () => {
  await using absent = await backend({ script: 'refuse' })
  await using mad = await backend({ script: 'nonsense' })
  const judge = await judging([absent.address, mad.address], '300ms')
  const error: unknown = await judge().catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'SCANNER_PROTOCOL' })
  expect(String(error)).toContain(`spamd at unix:${absent.address}`)
  expect(String(error)).toContain(`spamd at unix:${mad.address}`)
  expect(mad.connections).toBe(1)
})

test('a spamd that is starting is waited for', async () => {
  await using late = await backend({ script: well })
  await rename(late.address, `${late.address}.later`)
  const judged = (await judging([late.address], '30s'))()
  await sleep(120)
  await rename(`${late.address}.later`, late.address)
  expect((await judged).verdict.action).toBe('accept')
})

test('waiting ends: after its time, and at once with the signal', async () => {
  const before = performance.now()
  const judge = await judging(['/nonexistent/spamd.sock'], '300ms')
  await expect(judge()).rejects.toMatchObject({ code: 'SCANNER_UNREACHABLE' })
  expect(performance.now() - before).toBeGreaterThan(100)
  const patient = await judging(['/nonexistent/spamd.sock'], '60s')
  await expect(patient(AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('a spamd that cannot be started at this address is not waited for', async () => {
  const before = performance.now()
  const judge = await judging(['/etc/passwd/spamd.sock'], '60s')
  await expect(judge()).rejects.toMatchObject({ code: 'SCANNER_UNREACHABLE' })
  expect(performance.now() - before).toBeLessThan(10_000)
})
