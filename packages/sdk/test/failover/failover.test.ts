import { rename } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { Failover, type FailoverOptions, type ServerFailure } from '../../src/failover/index.js'
import { CandyError } from '../../src/index.js'
import { type Backend, backend } from '../../src/testing/index.js'
import { printAddress, type ServiceAddress } from '../../src/values/index.js'
import { question, SERVERS, type ServerKind } from './servers.js'

async function startServers(kinds: readonly ServerKind[], on?: 'unix' | 'tcp'): Promise<Backend[]> {
  return await Promise.all(kinds.map((kind) => backend({ script: SERVERS[kind], ...(on && { on }) })))
}

function failover(servers: readonly Backend[], options: Partial<FailoverOptions> = {}): Failover {
  return new Failover({ addresses: servers.map(({ endpoint }) => endpoint), ...options })
}

/** Sends one request. Returns the answer or the error, and which servers were passed over. */
async function ask(servers: Failover, signal?: AbortSignal) {
  const passedOver: ServiceAddress[] = []
  const note = ({ address }: ServerFailure): unknown => passedOver.push(address)
  const options = { passedOver: note, ...(signal && { signal }) }
  const result = await servers
    .ask((address) => question(address, signal), options)
    .catch((error: unknown) => error as Error)
  return { result, passedOver }
}

/** The expected result of one request: the index of the server whose answer is used, if any, and the servers asked before it. */
function expected(kinds: readonly ServerKind[], failed: ReadonlySet<number>) {
  const all = kinds.map((_, index) => index)
  const order = [...all.filter((index) => !failed.has(index)), ...all.filter((index) => failed.has(index))]
  const at = order.findIndex((index) => kinds[index] === 'well' || kinds[index] === 'final')
  return { order, decides: order[at], before: at === -1 ? order : order.slice(0, at) }
}

test('the first server that answers is used, and one that failed is asked last the next time', async () => {
  const kinds = fc.array(fc.constantFrom<ServerKind>('well', 'absent', 'closing', 'final'), {
    minLength: 1,
    maxLength: 4,
  })
  await fc.assert(
    fc.asyncProperty(
      kinds,
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('unix', 'tcp'),
      async (kinds, turns, on) => {
        const backends = await startServers(kinds, on)
        const servers = failover(backends)
        const failed = new Set<number>()
        const connections = kinds.map(() => 0)
        try {
          for (let turn = 0; turn < turns; turn++) {
            const { decides, before } = expected(kinds, failed)
            const { result, passedOver } = await ask(servers)
            for (const index of [...before, ...(decides === undefined ? [] : [decides])]) {
              if (kinds[index] !== 'absent') connections[index] = (connections[index] ?? 0) + 1
            }
            for (const index of before) failed.add(index)
            expect(backends.map((each) => each.connections)).toEqual(connections)
            if (decides === undefined) {
              expect(result).toMatchObject({ name: kinds.length === 1 ? 'CandyError' : 'FailoverError' })
              const named = kinds.length === 1 ? [] : backends
              for (const { endpoint } of named) expect(String(result)).toContain(printAddress(endpoint))
            } else if (kinds[decides] === 'final') {
              expect(result).toMatchObject({ name: 'CandyError', code: 'SCANNER_LIMIT' })
            } else {
              failed.delete(decides)
              expect(result).toBe('fine')
              expect(passedOver).toEqual(before.map((index) => backends[index]?.endpoint))
            }
          }
        } finally {
          await Promise.all(backends.map((each) => each.close()))
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('a server that failed is asked first again after 30 seconds, or once it has answered', async () => {
  const [first, second] = [{ path: '/first' }, { path: '/second' }]
  const broken = new Set<ServiceAddress>([first])
  const servers = new Failover({ addresses: [first, second] })
  const asked: ServiceAddress[] = []
  const request = (address: ServiceAddress): string => {
    asked.push(address)
    if (broken.has(address)) throw new CandyError('SCANNER_PROTOCOL', 'nonsense')
    return 'fine'
  }
  const order = async (): Promise<ServiceAddress[]> => {
    asked.length = 0
    await servers.ask(request)
    return [...asked]
  }
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    expect(await order()).toEqual([first, second])
    vi.advanceTimersByTime(29_000)
    expect(await order()).toEqual([second])
    vi.advanceTimersByTime(2_000)
    expect(await order()).toEqual([first, second])
    broken.add(second)
    await expect(order()).rejects.toThrow('/first: nonsense')
    broken.delete(second)
    expect(await order()).toEqual([first, second])
    expect(await order()).toEqual([second])
  } finally {
    vi.useRealTimers()
  }
})

test('a server that is starting is asked again until it answers', async () => {
  await using late = await backend({ script: SERVERS.well })
  if (!('path' in late.endpoint)) throw new Error('not a UNIX socket')
  await rename(late.endpoint.path, `${late.endpoint.path}.later`)
  const asking = ask(failover([late], { wait: 30_000 }))
  await sleep(120)
  await rename(`${late.endpoint.path}.later`, late.endpoint.path)
  expect(await asking).toEqual({ result: 'fine', passedOver: [] })
})

test('while one server is starting, one that has failed is not asked again', async () => {
  const [closing, late] = await startServers(['closing', 'well'])
  if (closing === undefined || late === undefined || !('path' in late.endpoint)) throw new Error('no servers')
  await using _closing = closing
  await using _late = late
  await rename(late.endpoint.path, `${late.endpoint.path}.later`)
  const asking = ask(failover([closing, late], { wait: 30_000 }))
  await sleep(200)
  await rename(`${late.endpoint.path}.later`, late.endpoint.path)
  expect(await asking).toEqual({ result: 'fine', passedOver: [closing.endpoint] })
  expect(closing.connections).toBe(1)
})

test('waiting ends with `wait`, after a last request, and at once with the signal', async () => {
  const attempts: number[] = []
  const servers = (wait: number) => new Failover({ addresses: [{ path: '/a' }], wait, classify: () => 'starting' })
  const begun = performance.now()
  const request = (): never => {
    attempts.push(performance.now() - begun)
    throw new Error('not yet')
  }
  await expect(servers(400).ask(request)).rejects.toThrow('not yet')
  expect(attempts.at(-1)).toBeGreaterThan(395)
  expect(attempts.length).toBeLessThan(8)

  const controller = new AbortController()
  const waiting = servers(3_600_000).ask(request, { signal: controller.signal })
  setTimeout(() => controller.abort(new Error('deadline')), 20)
  await expect(waiting).rejects.toThrow('deadline')
})

test('when the signal aborts while a server hangs, its reason is thrown and no other server is asked', async () => {
  await using hanging = await backend({ script: 'hang' })
  await using other = await backend({ script: SERVERS.well })
  const signal = AbortSignal.timeout(100)
  expect(await ask(failover([hanging, other]), signal)).toMatchObject({ result: { name: 'TimeoutError' } })
  expect(other.connections).toBe(0)
  await expect.poll(() => hanging.open).toBe(0)
})

test('nobody is asked once the signal has aborted', async () => {
  await using well = await backend({ script: SERVERS.well })
  expect(await ask(failover([well]), AbortSignal.abort(new Error('late')))).toMatchObject({
    result: { message: 'late' },
  })
  expect(well.connections).toBe(0)
})

test('an error that is no failure of a server is thrown at once', async () => {
  await using well = await backend({ script: SERVERS.well })
  const servers = failover([well, well], { wait: 1_000 })
  let asked = 0
  const asking = servers.ask(() => {
    asked++
    throw new Error('the disk is on fire')
  })
  await expect(asking).rejects.toThrow('the disk is on fire')
  expect(asked).toBe(1)
})

test('a Failover without addresses is refused', () => {
  expect(() => new Failover({ addresses: [] })).toThrow('at least one address')
})
