import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { connect, isStarting } from '../../src/failover/index.js'
import { backend } from '../../src/testing/index.js'

/** A port at which connections are neither accepted nor refused: the process that listens has stopped, and its queue is full. */
async function silentPort(): Promise<number> {
  const program = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n')
      process.kill(process.pid, 'SIGSTOP')
    })`
  const child = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const [printed] = await once(child.stdout, 'data')
  return Number(printed)
}

test('a host that does not answer costs no more than the timeout', async () => {
  const address = { host: '127.0.0.1', port: await silentPort() }
  const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => connect(address, { timeout: 300 })))
  for (const attempt of attempts) if (attempt.status === 'fulfilled') attempt.value.destroy()
  const begun = performance.now()
  const error: unknown = await connect(address, { timeout: 300 }).catch((error: unknown) => error)
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect(error).toMatchObject({ code: 'ETIMEDOUT', message: 'no connection within 300 ms' })
  expect(isStarting(error)).toBe(false)
})

test('a signal ends the attempt with its reason, and does nothing to a socket that is connected', async () => {
  const address = { host: '127.0.0.1', port: await silentPort() }
  const signal = AbortSignal.timeout(200)
  const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => connect(address, { signal })))
  expect(attempts.at(-1)).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } })
  for (const attempt of attempts) {
    if (attempt.status !== 'fulfilled') continue
    expect(attempt.value.destroyed).toBe(false)
    attempt.value.destroy()
  }
  await expect(connect(address, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
})

test.each(['unix', 'tcp'] as const)('a server that refuses connections may be starting: %s', async (on) => {
  await using absent = await backend({ script: 'refuse', on })
  const error: unknown = await connect(absent.endpoint).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  expect(isStarting(error)).toBe(true)
})

test('a socket that does not exist yet counts as starting, and the error of a host name with several addresses has its code', async () => {
  const error: unknown = await connect({ path: '/nonexistent/socket' }).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'ENOENT' })
  expect(isStarting(error)).toBe(true)
  const refused: unknown = await connect({ host: 'localhost', port: 1 }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining('ECONNREFUSED') })
})

test('a socket of another class is connected and returned', async () => {
  class Line extends Socket {}
  await using server = await backend({ script: 'hang' })
  const line: Line = await connect(server.endpoint, { socket: new Line() })
  expect(line).toBeInstanceOf(Line)
  expect(line.connecting).toBe(false)
  line.destroy()
})
