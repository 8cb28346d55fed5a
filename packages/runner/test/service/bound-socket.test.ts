import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bindPath, bindPort } from '../../src/service/bound-socket.js'
import { scratch } from '../support.js'

test('a path becomes a socket with a descriptor, and closing it removes the file', async () => {
  const path = join(scratch(), 'lmtp')
  const bound = bindPath(path)
  if (typeof bound === 'number') throw new Error(`error number ${bound}`)
  expect(statSync(path).isSocket()).toBe(true)
  expect(bound.fd).toBeGreaterThan(2)
  bound.close()
  await expect.poll(() => existsSync(path)).toBe(false)
})

test('a port has a descriptor too', () => {
  const bound = bindPort('127.0.0.1', 4, 0)
  if (typeof bound === 'number') throw new Error(`error number ${bound}`)
  onTestFinished(() => bound.close())
  expect(bound.fd).toBeGreaterThan(2)
})

test('what cannot be bound has an error number', async () => {
  expect(bindPath('/nowhere/lmtp')).toBeLessThan(0)
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  expect(bindPort('127.0.0.1', 4, (server.address() as { port: number }).port)).toBeLessThan(0)
})

const fd = 20
const close = (): void => {}

test.each([
  ['has no such function', undefined, /\(it has no net\._createServerHandle\(\)\)/],
  ['has something else of that name', {}, /\(it has no net\._createServerHandle\(\)\)/],
  [
    'has one that throws',
    () => {
      throw new TypeError('The "fd" argument must be a number')
    },
    /\(net\._createServerHandle\(\) fails: The "fd" argument must be a number\)/,
  ],
  ['gives nothing', () => undefined, /gives something else than a socket/],
  ['gives a number that is no error', () => 7, /gives something else than a socket/],
  ['gives a promise', async () => ({ fd, close }), /gives something else than a socket/],
  ['gives a socket without a descriptor', () => ({ fd: -1, close }), /gives something else than a socket/],
  ['gives a socket that cannot be closed', () => ({ fd }), /gives something else than a socket/],
])('a Node.js that %s is named in a sentence that says what to do', (_, _createServerHandle, why) => {
  const node = { _createServerHandle }
  for (const bind of [() => bindPath('/run/candy/lmtp', node), () => bindPort('127.0.0.1', 4, 25, node)]) {
    expect(bind).toThrow(why)
    expect(bind).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    expect(bind).toThrow(`Node.js ${process.version} cannot make a socket that worker processes share`)
    expect(bind).toThrow(
      /: run candy serve with Node\.js 20, 22 or 24, or have systemd make its sockets, as "candy enable" sets them up$/,
    )
  }
})

test('a port that does not tell whether it is bound is of no use either', () => {
  expect(() => bindPort('127.0.0.1', 4, 25, { _createServerHandle: () => ({ fd, close }) })).toThrow(/something else/)
})
