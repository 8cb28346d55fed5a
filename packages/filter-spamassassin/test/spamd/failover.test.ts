import { rename } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { backend } from '@candy/sdk/testing'
import { parseAddress } from '@candy/sdk/values'
import { expect, test } from 'vitest'
import { ping } from '../../src/spamd/command.js'
import { firstAnswer } from '../../src/spamd/failover.js'
import { SpamdFault } from '../../src/spamd/fault.js'
import { fakeSpamd, PONG } from '../fake-spamd.js'

const NEVER = new AbortController().signal
const well = fakeSpamd(() => PONG)

function pingFirst(addresses: readonly string[], wait = 0, signal: AbortSignal = NEVER): Promise<string> {
  return firstAnswer(addresses.map(parseAddress), { wait, signal }, (address) => ping(address, { signal }))
}

test.each(['refuse', 'close', 'nonsense'] as const)(
  'when the first does %s, the second one is asked',
  async (script) => {
    await using bad = await backend({ script })
    await using good = await backend({ script: well })
    await expect(pingFirst([bad.address, good.address])).resolves.toBe('1.5')
  },
)

test('while the first one answers, the second one is left alone', async () => {
  await using first = await backend({ script: well })
  await using second = await backend({ script: well })
  for (let turn = 0; turn < 3; turn++) await pingFirst([first.address, second.address])
  expect([first.connections, second.connections]).toEqual([3, 0])
})

test('a spamd that gave up at its own limit is not followed by the next', async () => {
  await using slow = await backend({ script: fakeSpamd(() => 'SPAMD/1.0 79 Timeout: (300 second timeout)\r\n') })
  await using good = await backend({ script: well })
  await expect(pingFirst([slow.address, good.address])).rejects.toMatchObject({ kind: 'limit' })
  expect(good.connections).toBe(0)
})

test('when all fail, the fault names them all, and nonsense outweighs absence', async () => {
  await using absent = await backend({ script: 'refuse' })
  await using mad = await backend({ script: 'nonsense' })
  const error: unknown = await pingFirst([absent.address, mad.address], 5_000).catch((error: unknown) => error)
  expect(error).toMatchObject({ kind: 'protocol' })
  expect((error as Error).message).toContain(absent.address)
  expect((error as Error).message).toContain(mad.address)
  expect(mad.connections).toBe(1)
})

test('a spamd that is starting is waited for', async () => {
  await using late = await backend({ script: well })
  await rename(late.address, `${late.address}.later`)
  const waiting = pingFirst([late.address], 30_000)
  await sleep(120)
  await rename(`${late.address}.later`, late.address)
  await expect(waiting).resolves.toBe('1.5')
})

test('waiting ends: after its time, and at once with the signal', async () => {
  const before = performance.now()
  await expect(pingFirst(['/nonexistent/spamd.sock'], 300)).rejects.toMatchObject({ kind: 'unreachable' })
  expect(performance.now() - before).toBeGreaterThan(100)
  const controller = new AbortController()
  const waiting = pingFirst(['/nonexistent/spamd.sock'], 60_000, controller.signal)
  await sleep(20)
  controller.abort(new Error('deadline'))
  await expect(waiting).rejects.toThrow('deadline')
})

test('what is no fault of a spamd is thrown at once', async () => {
  let asked = 0
  const asking = firstAnswer([{ path: '/a' }, { path: '/b' }], { wait: 1_000, signal: NEVER }, () => {
    asked++
    return Promise.reject(new Error('disk on fire'))
  })
  await expect(asking).rejects.toThrow('disk on fire')
  expect(asked).toBe(1)
})

test('a fault that will not pass is not tried again', async () => {
  let asked = 0
  const asking = firstAnswer([{ path: '/a' }], { wait: 1_000, signal: NEVER }, () => {
    asked++
    return Promise.reject(new SpamdFault('unreachable', 'permission denied'))
  })
  await expect(asking).rejects.toThrow('permission denied')
  expect(asked).toBe(1)
})
