import { execFileSync, fork } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CLEANUP_DEFAULTS } from '../../src/message/cleanup.js'
import { type ListeningSocket, listen, listenAt } from '../../src/service/listening-sockets.js'
import { scratch } from '../support.js'

async function listening(path: string): Promise<ListeningSocket> {
  const one = await listen({ path })
  onTestFinished(() => one.close())
  return one
}

/** What a worker does with the socket. */
function accept(descriptor: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on('error', () => {}).end('220 hello\r\n'))
    server.once('error', reject)
    server.listen({ fd: descriptor }, () => resolve(server))
    onTestFinished(() => void server.close())
  })
}

function hears(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('data', (chunk: Buffer) => {
      socket.destroy()
      resolve(chunk.toString())
    })
    socket.once('error', reject)
  })
}

test('only owner and group may connect to a socket, whatever the umask', async () => {
  const path = join(scratch(), 'lmtp')
  await listening(path)
  expect(statSync(path).mode & 0o777).toBe(0o660)
  expect(process.umask()).not.toBe(0o117)
})

test('who inherits the socket accepts from it', async () => {
  const path = join(scratch(), 'lmtp')
  const { descriptor } = await listening(path)
  await accept(descriptor)
  expect(await hears(path)).toBe('220 hello\r\n')
})

test('a connection made while nobody accepts waits for the next that does', async () => {
  const path = join(scratch(), 'lmtp')
  const { descriptor } = await listening(path)
  const worker =
    "require('net').createServer(s => s.end(String(process.pid))).listen({ fd: 4 }, () => process.send('up'))"
  const hire = async (): Promise<number> => {
    const file = join(scratch(), 'worker.cjs')
    writeFileSync(file, worker)
    const child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc', descriptor], execArgv: [] })
    await new Promise((resolve) => child.once('message', resolve))
    onTestFinished(() => void child.kill())
    return child.pid ?? 0
  }
  process.kill(await hire(), 'SIGKILL')
  const heard = hears(path)
  const second = await hire()
  expect(await heard).toBe(String(second))
})

test('a socket that a dead runner left behind is taken over', async () => {
  const path = join(scratch(), 'lmtp')
  const abandon = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`
  expect(() => execFileSync(process.execPath, ['-e', abandon])).toThrow()
  expect(existsSync(path)).toBe(true)
  const { descriptor } = await listening(path)
  await accept(descriptor)
  expect(await hears(path)).toBe('220 hello\r\n')
})

test('a socket on which somebody answers is not replaced', async () => {
  const path = join(scratch(), 'lmtp')
  const server = createServer((socket) => socket.on('error', () => {}).end('220 first\r\n')).listen(path)
  onTestFinished(() => void server.close())
  await expect(listen({ path })).rejects.toThrow(/somebody does already .*; as root, ss -lxp shows who$/)
  expect(await hears(path)).toBe('220 first\r\n')
})

test('a file that is no socket is left alone', async () => {
  const path = join(scratch(), 'lmtp')
  writeFileSync(path, 'mine')
  await expect(listen({ path })).rejects.toThrow(/no socket/)
  expect(existsSync(path)).toBe(true)
})

test('a directory that is not there is a problem of the configuration', async () => {
  await expect(listen({ path: '/nowhere/lmtp' })).rejects.toMatchObject({ code: 'CONFIG' })
})

test('a port that is in use is one, too', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringMatching(/somebody does already .*; as root, ss -ltnp shows who$/),
  })
})

test('a host by name is one of its addresses', async () => {
  const one = await listen({ host: 'localhost', port: 0 })
  onTestFinished(() => one.close())
  expect(one.descriptor).toBeGreaterThan(2)
})

test('closing takes the file of the socket away', async () => {
  const path = join(scratch(), 'lmtp')
  const one = await listen({ path })
  one.close()
  await expect.poll(() => existsSync(path)).toBe(false)
})

test('of several endpoints each has its socket; when one cannot be had, the others are let go of', async () => {
  const directory = scratch()
  const after = { mode: 'smtp', listen: { path: join(directory, 'lmtp') } } as const
  const before = { mode: 'smtp-before', listen: { path: join(directory, 'proxy') } } as const
  const rest = { nextHop: after.listen, protocol: 'smtp', deadline: 1_000, cleanup: CLEANUP_DEFAULTS } as const
  const [first, second] = await listenAt(
    [
      { ...after, ...rest },
      { ...before, ...rest },
    ],
    {},
  )
  onTestFinished(() => first?.close())
  expect([existsSync(after.listen.path), existsSync(before.listen.path)]).toEqual([true, true])
  expect(first?.descriptor).not.toBe(second?.descriptor)
  second?.close()
  await expect.poll(() => existsSync(before.listen.path)).toBe(false)
  const nowhere = { ...after, ...rest, listen: { path: '/nowhere/lmtp' } }
  await expect(listenAt([{ ...before, ...rest }, nowhere], {})).rejects.toMatchObject({ code: 'CONFIG' })
  await expect.poll(() => existsSync(before.listen.path)).toBe(false)
})
