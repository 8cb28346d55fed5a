import { fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const MAIN = resolve(import.meta.dirname, '../../dist/command/worker-main.js')

test('a worker of another version than the supervisor does not start, and says what to do', async () => {
  const worker = fork(MAIN)
  const ended = once(worker, 'exit')
  worker.send({ is: 'start', assignment: { version: '0.9.0', snapshot: {}, problems: [], endpoints: [] } })
  const [message] = await once(worker, 'message')
  expect(message).toEqual({
    is: 'failed',
    code: 'CONFIG',
    text: expect.stringMatching(/^candy \S+ is installed, and the service that runs is 0\.9\.0: restart candy serve/),
  })
  expect(await ended).toEqual([1, null])
})
