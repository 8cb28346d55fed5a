import { chmod, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, makeScratch } from '../../../../test/kit/scratch.js'
import { createClamdClient } from '../../src/clamd/client.js'
import { answer, startFake } from '../fake.js'
import { asStranger } from '../stranger.js'

test('a missing socket, a refusing one and a refusing port are all named', async () => {
  await using scratch = await makeScratch('reach')
  const stale = join(scratch.path, 'stale')
  const server = createServer().listen(stale)
  await new Promise((resolve) => server.once('listening', resolve))
  await rename(stale, `${stale}.kept`)
  await new Promise((resolve) => server.close(resolve))
  await rename(`${stale}.kept`, stale)
  await using fake = await startFake(answer('1: PONG\0'), 'tcp')
  const gone = { host: '127.0.0.1', port: await freePort() }
  const missing = { path: join(scratch.path, 'missing') }
  await expect(createClamdClient({ addresses: [missing, { path: stale }, gone] }).ping()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(
      /missing: no such socket: is clamd running.*; unix:\S+stale: connection refused.*; 127.0.0.1:\d+: connection refused/,
    ),
  })

  const passed: unknown[] = []
  const passedOver = ({ address }: { readonly address: unknown }): unknown => passed.push(address)
  const scanner = createClamdClient({ addresses: [missing, gone, fake.address], passedOver })
  for (let turn = 0; turn < 2; turn++) await scanner.ping()
  expect(passed).toEqual([missing, gone])
})

test('a socket that this account may not use says what to do', async () => {
  await using scratch = await makeScratch('reach')
  const path = join(scratch.path, 'locked')
  const server = createServer().listen(path)
  await new Promise((resolve) => server.once('listening', resolve))
  await chmod(path, 0o000)
  const program = `
    import { createClamdClient } from '@candy/filter-clamav'
    const failure = await createClamdClient({ addresses: [{ path: ${JSON.stringify(path)} }] }).ping().catch((error) => error)
    console.log(JSON.stringify({ code: failure.code, message: failure.message }))`
  try {
    expect(await asStranger(program)).toEqual({
      code: 'UNREACHABLE',
      message: expect.stringMatching(
        /locked: permission denied: .*LocalSocketGroup and LocalSocketMode in \S*clamd.conf/,
      ),
    })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

test('a clamd that is still starting is waited for', async () => {
  await using scratch = await makeScratch('reach')
  const path = join(scratch.path, 'soon')
  const server = createServer()
  server.on('connection', answer('1: PONG\0'))
  const answered = createClamdClient({ addresses: [{ path }], wait: 30_000 }).ping()
  setTimeout(() => server.listen(path), 500)
  await answered
  await new Promise((resolve) => server.close(resolve))
  await rm(path, { force: true })
})

test('the wait ends after its time, and at once when the signal aborts', async () => {
  const addresses = [{ path: '/nonexistent/clamd' }]
  const start = performance.now()
  await expect(createClamdClient({ addresses, wait: 500 }).ping()).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(performance.now() - start).toBeGreaterThan(200)

  const abort = new AbortController()
  const waiting = createClamdClient({ addresses, wait: 3_600_000 }).ping(abort.signal)
  setTimeout(() => abort.abort(new Error('deadline')), 100)
  await expect(waiting).rejects.toThrow('deadline')
})
