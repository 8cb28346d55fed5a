import { type AddressInfo, createServer, type Server } from 'node:net'
import { isStarting } from '@candy/sdk/failover'
import { anyChunking, backend } from '@candy/sdk/testing'
import { parseAddress } from '@candy/sdk/values'
import { expect, test } from 'vitest'
import { sendRequest } from '../../src/spamd/exchange.js'
import type { Body } from '../../src/spamd/request.js'
import { fakeSpamd, symbols } from '../fake-spamd.js'

const NEVER = new AbortController().signal
const GOOD = symbols('False ; 1.0 / 5.0')

function bodyOf(text: string, chunks: readonly number[] = []): Body {
  const bytes = Buffer.from(text, 'latin1')
  return { length: bytes.length, open: () => anyChunking(bytes, chunks) }
}

function ask(address: string, body: Body = bodyOf('hello'), signal: AbortSignal = NEVER) {
  return sendRequest(
    parseAddress(address),
    { command: 'SYMBOLS', body },
    { end: 'body', parse: (reply) => reply },
    signal,
  )
}

test.each(['unix', 'tcp'] as const)('every byte arrives as it is over %s', async (on) => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')
  let body = ''
  await using spamd = await backend({
    on,
    script: fakeSpamd((request) => {
      body = request.body.toString('latin1')
      return GOOD
    }),
  })
  const reply = await ask(spamd.address, bodyOf(all, [1, 7]))
  expect(body).toBe(all)
  expect(Buffer.from(reply.body).toString()).toBe('A,B_2')
})

test('our side is shut down after the last byte, also when the message is empty', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume().once('end', () => socket.end(GOOD))
  })
  await using listening = await listen(server)
  await expect(ask(listening.address, bodyOf(''))).resolves.toHaveProperty('version', '1.1')
  await expect(ask(listening.address)).resolves.toHaveProperty('version', '1.1')
})

test('a reply that comes byte by byte is the same reply', async () => {
  await using spamd = await backend({ script: fakeSpamd(() => [...GOOD]) })
  const reply = await ask(spamd.address)
  expect(reply.headers.get('spam')).toBe('False ; 1.0 / 5.0')
})

test('nobody at the address is unreachable, and may be starting', async () => {
  await using refusing = await backend({ script: 'refuse' })
  for (const address of [refusing.address, '/nonexistent/spamd.sock']) {
    const error: unknown = await ask(address).catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'SpamdError', code: 'UNREACHABLE' })
    expect(isStarting(error)).toBe(true)
  }
})

test('a file that is no socket is unreachable, and is not starting', async () => {
  const notDirectory = '/etc/passwd/spamd.sock'
  const error: unknown = await ask(notDirectory).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'UNREACHABLE' })
  expect(isStarting(error)).toBe(false)
})

test.each([
  ['hangs up at once', 'close', /closed|ECONNRESET|EPIPE/],
  ['talks nonsense', fakeSpamd(() => 'colourless green ideas\r\n'), /not a status line: "colourless/],
  ['closes without an answer', fakeSpamd(() => []), /closed without an answer/],
  ['closes in the middle', fakeSpamd(() => GOOD.slice(0, -1)), /closed in the middle/],
  ['says half a status line', fakeSpamd(() => 'SPAMD/1.1 0'), /closed in the middle/],
] as const)('a spamd that %s is a protocol error that names the address', async (_, script, message) => {
  await using spamd = await backend({ script })
  const error = await ask(spamd.address).catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'SpamdError', code: 'PROTOCOL', message: expect.stringMatching(message) })
  expect((error as Error).message).toContain(spamd.address)
})

test('an answer with a verdict before the whole message was sent is an error', async () => {
  await using spamd = await backend({
    script: async function* () {
      yield GOOD
      await new Promise((resolve) => setTimeout(resolve, 50))
    },
  })
  const body = { length: 2 ** 26, open: () => endless() }
  await expect(ask(spamd.address, body)).rejects.toThrow('answered before it had the whole message')
})

test('a refusal before the whole message was sent is reported as it is', async () => {
  await using spamd = await backend({
    script: async function* (received) {
      for await (const _ of received) break
      yield 'SPAMD/1.0 69 Service Unavailable: not now\r\n'
      for await (const _ of received);
    },
  })
  const body = { length: 2 ** 26, open: () => endless() }
  await expect(ask(spamd.address, body)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('EX_UNAVAILABLE: Service Unavailable: not now'),
  })
})

test('a message that cannot be read throws its own error and ends the connection', async () => {
  await using spamd = await backend({ script: 'hang' })
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('abc')
    throw new Error('disk on fire')
  }
  await expect(ask(spamd.address, { length: 10, open: broken })).rejects.toThrow('disk on fire')
  await expect.poll(() => spamd.open).toBe(0)
})

test.each(['hang', 'stall'] as const)(
  'an abort settles soon and closes the socket when spamd does %s',
  async (script) => {
    await using spamd = await backend({ script })
    const controller = new AbortController()
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length
    const asking = ask(spamd.address, { length: 2 ** 26, open: () => endless() }, controller.signal)
    await expect.poll(() => spamd.connections).toBe(1)
    const connected = sockets()
    const reason = new Error('deadline')
    controller.abort(reason)
    await expect(asking).rejects.toBe(reason)
    await expect.poll(sockets).toBeLessThan(connected)
  },
)

test('an abort settles although the message does not yield its next bytes', async () => {
  await using spamd = await backend({ script: 'hang' })
  const controller = new AbortController()
  async function* stuck(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('abc')
    await new Promise(() => undefined)
  }
  const asking = ask(spamd.address, { length: 10, open: stuck }, controller.signal)
  await expect.poll(() => spamd.connections).toBe(1)
  controller.abort(new Error('deadline'))
  await expect(asking).rejects.toThrow('deadline')
})

test('an aborted signal opens no connection', async () => {
  await using spamd = await backend({ script: 'hang' })
  await expect(ask(spamd.address, bodyOf('x'), AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
  expect(spamd.connections).toBe(0)
})

test('a message is read no faster than spamd takes it', async () => {
  await using spamd = await backend({ script: 'stall' })
  const controller = new AbortController()
  let read = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of endless()) {
      read += chunk.length
      yield chunk
    }
  }
  const asking = ask(spamd.address, { length: 2 ** 30, open: counted }, controller.signal)
  // Nothing more is read for a while: the sockets' buffers are full.
  for (let before = -1; before !== read; await new Promise((resolve) => setTimeout(resolve, 100))) before = read
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThan(2 ** 23)
  controller.abort(new Error('enough'))
  await expect(asking).rejects.toThrow('enough')
})

async function listen(server: Server): Promise<AsyncDisposable & { readonly address: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: close }
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(65_536)
}
