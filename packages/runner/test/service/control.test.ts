import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type Commands, listenForCommands } from '../../src/service/control.js'
import { ask, ControlFailure } from '../../src/service/control-client.js'
import { LINE_LIMIT } from '../../src/service/control-message.js'
import { memoryLog, scratch } from '../support.js'

async function start(commands: Commands): Promise<string> {
  const path = join(scratch(), 'control')
  const control = await listenForCommands(path, commands, memoryLog)
  onTestFinished(() => control.close())
  return path
}

/** The answer to these bytes, up to the end of the connection. */
function said(path: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(path, () => socket.write(bytes))
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve(text))
  })
}

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((thrown: unknown) => thrown)
  if (!(error instanceof ControlFailure)) throw new Error('it did not fail')
  return `${error.code}: ${error.message}`
}

test('a command is carried out, and its answer comes back', async () => {
  const path = await start({ reload: async () => ({ version: 1, reloaded: true }) })
  expect(await ask(path, 'reload', 5_000)).toEqual({ version: 1, reloaded: true })
})

test('a command that fails answers with the reason', async () => {
  const path = await start({
    reload: async () => {
      throw new Error('the service is stopping')
    },
  })
  expect(await failure(ask(path, 'reload', 5_000))).toBe('FAILED: candy serve: the service is stopping')
})

test.each([
  ['no JSON', 'hello\n', '{"version":1,"error":"this is no JSON"}\n'],
  ['no object', 'null\n', '{"version":1,"error":"this is no JSON"}\n'],
  [
    'an unknown command',
    '{"command":"constructor"}\n',
    '{"version":1,"error":"there is no command \\"constructor\\" (there are: reload)"}\n',
  ],
  ['too much', 'x'.repeat(LINE_LIMIT + 10), ''],
])('%s is refused, and the service goes on', async (_, bytes, expected) => {
  const path = await start({ reload: async () => ({ version: 1 }) })
  expect(await said(path, bytes)).toBe(expected)
  expect(await ask(path, 'reload', 5_000)).toEqual({ version: 1 })
})

test('a client that closes its connection before the answer does no harm', async () => {
  let carriedOut = 0
  const path = await start({
    reload: async () => {
      await sleep(50)
      carriedOut += 1
      return {}
    },
  })
  const socket = connect(path, () => socket.end('{"command":"reload"}\n', () => socket.destroy()))
  await expect.poll(() => carriedOut).toBe(1)
  expect(await ask(path, 'reload', 5_000)).toEqual({})
})

test('an answer that does not come is not waited for without end', async () => {
  const path = await start({ reload: () => new Promise(() => {}) })
  expect(await failure(ask(path, 'reload', 100))).toBe('FAILED: candy serve has not answered within 0.1 s')
})

test('a socket that nobody listens on means that there is no service, and is taken over by the next', async () => {
  const path = join(scratch(), 'control')
  expect(await failure(ask(path, 'reload', 1_000))).toMatch(/^ABSENT: /)
  const first = await listenForCommands(path, {}, memoryLog)
  onTestFinished(() => first.close())
  const second = await listenForCommands(path, { reload: async () => ({ second: true }) }, memoryLog)
  onTestFinished(() => second.close())
  expect(await ask(path, 'reload', 1_000)).toEqual({ second: true })
})
