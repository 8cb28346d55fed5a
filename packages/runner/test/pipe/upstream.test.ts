import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { watchUpstream } from '../../src/pipe/upstream.js'

test('while pipe(8) and its child are there, the check passes', () => {
  expect(watchUpstream(process.pid)).not.toThrow()
})

test('a child of pipe(8) that ends is noticed', async () => {
  const child = spawn('sleep', ['60'])
  const check = watchUpstream(child.pid ?? 0)
  expect(check).not.toThrow()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(check).toThrow('pipe(8) went away')
})

test('a child of pipe(8) that has ended before anybody watched it is noticed', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  expect(watchUpstream(child.pid ?? 0)).toThrow('pipe(8) went away')
})
