import { chmod, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, makeScratch } from '../../../../test/ground/scratch.js'
import { reach } from '../../src/clamd/connection.js'
import { startFake } from '../fake.js'
import { asStranger } from '../stranger.js'

test('a missing socket, a refusing one and a refusing port are all named', async () => {
  await using scratch = await makeScratch('reach')
  const stale = join(scratch.path, 'stale')
  const server = createServer().listen(stale)
  await new Promise((resolve) => server.once('listening', resolve))
  await using fake = await startFake(() => {}, 'tcp')
  const gone = { host: '127.0.0.1', port: await freePort() }
  const missing = { path: join(scratch.path, 'missing') }
  const failed: unknown[] = []
  await expect(
    reach({ addresses: [missing, gone], wait: 0, signal: undefined, failed: (address) => failed.push(address) }),
  ).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(/missing: no such socket: is clamd running.*; 127.0.0.1:\d+: connection refused/),
  })
  expect(failed).toEqual([missing, gone])

  const { address, socket } = await reach({ addresses: [missing, gone, fake.address], wait: 0, signal: undefined })
  expect(address).toEqual(fake.address)
  socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

test('a socket that this account may not use says what to do', async () => {
  await using scratch = await makeScratch('reach')
  const path = join(scratch.path, 'locked')
  const server = createServer().listen(path)
  await new Promise((resolve) => server.once('listening', resolve))
  await chmod(path, 0o000)
  const program = `
    import { reach } from './node_modules/@candy/filter-clamav/dist/clamd/connection.js'
    const failure = await reach({ addresses: [{ path: ${JSON.stringify(path)} }], wait: 0 }).catch((error) => error)
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
  const opening = reach({ addresses: [{ path }], wait: 30_000, signal: undefined })
  setTimeout(() => server.listen(path), 500)
  const { socket } = await opening
  socket.destroy()
  await new Promise((resolve) => server.close(resolve))
  await rm(path, { force: true })
})

test('the wait ends after its time, and at once when the signal aborts', async () => {
  const addresses = [{ path: '/nonexistent/clamd' }]
  const start = performance.now()
  await expect(reach({ addresses, wait: 500, signal: undefined })).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(performance.now() - start).toBeGreaterThan(200)

  const abort = new AbortController()
  const waiting = reach({ addresses, wait: 3_600_000, signal: abort.signal })
  setTimeout(() => abort.abort(new Error('deadline')), 100)
  await expect(waiting).rejects.toThrow('deadline')
})
