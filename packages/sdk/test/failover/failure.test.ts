import { expect, test } from 'vitest'
import { classifyFailure, FailoverError } from '../../src/failover/index.js'
import { CandyError } from '../../src/index.js'

const A = { path: '/run/a.sock' }
const B = { host: '192.0.2.1', port: 783 }

function failed(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

test.each([
  [new CandyError('SCANNER_UNREACHABLE', 'x', { cause: failed('ECONNREFUSED') }), 'starting'],
  [new CandyError('SCANNER_UNREACHABLE', 'x', { cause: new Error('y', { cause: failed('ENOENT') }) }), 'starting'],
  [new CandyError('SCANNER_UNREACHABLE', 'x', { cause: failed('ETIMEDOUT') }), 'failed'],
  [new CandyError('SCANNER_UNREACHABLE', 'no more children'), 'failed'],
  [new CandyError('SCANNER_PROTOCOL', 'nonsense'), 'failed'],
  [new CandyError('SCANNER_LIMIT', 'too long'), 'final'],
  [failed('ENOENT'), 'final'],
  ['not even an error', 'final'],
])('%s is %s', (error, kind) => {
  expect(classifyFailure(error)).toBe(kind)
})

test('the error about all servers names each address once', () => {
  const error = new FailoverError([
    { address: A, error: new Error('nobody listens at unix:/run/a.sock') },
    { address: B, error: 'gone' },
  ])
  expect(error.message).toBe('nobody listens at unix:/run/a.sock; 192.0.2.1:783: gone')
  expect(error.failures.map(({ address }) => address)).toEqual([A, B])
})

test('an answer that was not understood outweighs a server that is not there', () => {
  const absent = { address: A, error: new CandyError('SCANNER_UNREACHABLE', 'x') }
  const strange = { address: B, error: new CandyError('SCANNER_PROTOCOL', 'y') }
  expect(new FailoverError([absent, strange]).code).toBe('SCANNER_PROTOCOL')
  expect(new FailoverError([absent, absent]).code).toBe('SCANNER_UNREACHABLE')
  expect(new FailoverError([{ address: A, error: failed('EACCES') }, absent]).code).toBe('SCANNER_UNREACHABLE')
})
