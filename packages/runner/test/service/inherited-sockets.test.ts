import { expect, test } from 'vitest'
import { assignInherited, readInherited } from '../../src/service/inherited-sockets.js'

const socket = (descriptor: number, name: string): { descriptor: number; name: string } => ({ descriptor, name })

test.each([
  [{}, []],
  [{ LISTEN_FDS: '1', LISTEN_PID: '7' }, [socket(3, '')]],
  [{ LISTEN_FDS: '2', LISTEN_PID: '7', LISTEN_FDNAMES: 'before:after' }, [socket(3, 'before'), socket(4, 'after')]],
  [{ LISTEN_FDS: '2', LISTEN_PID: '7', LISTEN_FDNAMES: 'before' }, [socket(3, 'before'), socket(4, '')]],
  [{ LISTEN_FDS: '1', LISTEN_PID: '8' }, []],
  [{ LISTEN_FDS: '1' }, []],
  [{ LISTEN_FDS: 'nonsense', LISTEN_PID: '7' }, []],
])('of %j the inherited sockets are %j', (env, expected) => {
  expect(readInherited(env, 7)).toEqual(expected)
})

test('the names say what the sockets are for, in any order, and some may be missing', () => {
  const queues = ['after', 'before'] as const
  expect(assignInherited([socket(3, 'before'), socket(4, 'after')], queues)).toEqual(
    new Map([
      ['after', 4],
      ['before', 3],
    ]),
  )
  expect(assignInherited([socket(3, 'before')], queues)).toEqual(new Map([['before', 3]]))
  expect(assignInherited([], queues)).toEqual(new Map())
})

test('the only socket is for the only endpoint, whatever its name', () => {
  expect(assignInherited([socket(3, 'candy.socket')], ['after'])).toEqual(new Map([['after', 3]]))
})

test.each([
  ['no name', [socket(3, '')]],
  ["a unit's name", [socket(3, 'candy.socket')]],
  ['one name twice', [socket(3, 'after'), socket(4, 'after')]],
])('%s for one of two endpoints is refused', (_, inherited) => {
  expect(() => assignInherited(inherited, ['after', 'before'])).toThrow(
    /FileDescriptorName= must be "after" and "before"/,
  )
})

test('so is a socket for a endpoint that is not served', () => {
  expect(() => assignInherited([socket(3, 'after'), socket(4, 'before')], ['after'])).toThrow(/named "before"/)
})
