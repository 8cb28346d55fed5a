import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bindSocket } from '../../src/service/bound-socket.js'
import { scratch } from '../support.js'

test('a path becomes a socket with a descriptor, and closing it removes the file', async () => {
  const path = join(scratch(), 'lmtp')
  const bound = bindSocket(path, -1, -1)
  if (typeof bound === 'number') throw new Error(`error number ${bound}`)
  expect(statSync(path).isSocket()).toBe(true)
  expect(bound.fd).toBeGreaterThan(2)
  bound.close()
  await expect.poll(() => existsSync(path)).toBe(false)
})

test('what cannot be bound has an error number', () => {
  expect(bindSocket('/nowhere/lmtp', -1, -1)).toBeLessThan(0)
})

const fd = 20
const getsockname = (): number => 0
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
  ['gives a promise', async () => ({ fd, getsockname, close }), /gives something else than a socket/],
  ['gives a socket without a descriptor', () => ({ fd: -1, getsockname, close }), /gives something else than a socket/],
  ['gives a socket that cannot tell whether it is bound', () => ({ fd, close }), /gives something else than a socket/],
  ['gives a socket that cannot be closed', () => ({ fd, getsockname }), /gives something else than a socket/],
])('a Node.js that %s is named in a sentence that says what to do', (_, create, why) => {
  const bind = (): unknown => bindSocket('127.0.0.1', 10025, 4, { _createServerHandle: create })
  expect(bind).toThrow(why)
  expect(bind).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  expect(bind).toThrow(`Node.js ${process.version} cannot make a socket that worker processes share`)
  expect(bind).toThrow(
    /: run candy serve with Node\.js 20, 22 or 24, or have systemd make its sockets, as "candy enable" sets them up$/,
  )
})
