import { expect, test } from 'vitest'
import { assignInherited, readInherited } from '../../src/service/inherited-sockets.js'

const socket = (descriptor: number, name: string): { descriptor: number; name: string } => ({ descriptor, name })

test.each([
  [{}, []],
  [{ LISTEN_FDS: '1', LISTEN_PID: '7' }, [socket(3, '')]],
  [
    { LISTEN_FDS: '2', LISTEN_PID: '7', LISTEN_FDNAMES: 'smtp-before:smtp' },
    [socket(3, 'smtp-before'), socket(4, 'smtp')],
  ],
  [{ LISTEN_FDS: '2', LISTEN_PID: '7', LISTEN_FDNAMES: 'smtp-before' }, [socket(3, 'smtp-before'), socket(4, '')]],
  [{ LISTEN_FDS: '1', LISTEN_PID: '8' }, []],
  [{ LISTEN_FDS: '1' }, []],
  [{ LISTEN_FDS: 'nonsense', LISTEN_PID: '7' }, []],
])('of %j the inherited sockets are %j', (env, expected) => {
  expect(readInherited(env, 7)).toEqual(expected)
})

test('sockets are assigned to endpoints by their names, in any order, and some may be missing', () => {
  const modes = ['smtp', 'smtp-before'] as const
  expect(assignInherited([socket(3, 'smtp-before'), socket(4, 'smtp')], modes)).toEqual(
    new Map([
      ['smtp', 4],
      ['smtp-before', 3],
    ]),
  )
  expect(assignInherited([socket(3, 'smtp-before')], modes)).toEqual(new Map([['smtp-before', 3]]))
  expect(assignInherited([], modes)).toEqual(new Map())
})

test('a single socket is assigned to the only endpoint, whatever its name', () => {
  expect(assignInherited([socket(3, 'candy.socket')], ['smtp'])).toEqual(new Map([['smtp', 3]]))
})

test.each([
  ['no name', [socket(3, '')]],
  ["a unit's name", [socket(3, 'candy.socket')]],
  ['one name twice', [socket(3, 'smtp'), socket(4, 'smtp')]],
])('%s for one of two endpoints is refused', (_, inherited) => {
  expect(() => assignInherited(inherited, ['smtp', 'smtp-before'])).toThrow(
    /FileDescriptorName= must be "smtp" and "smtp-before"/,
  )
})

test('so is a socket for an endpoint that is not served', () => {
  expect(() => assignInherited([socket(3, 'smtp'), socket(4, 'smtp-before')], ['smtp'])).toThrow(/named "smtp-before"/)
})
