import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Backend, type BackendOptions, backend } from '../../src/testing/index.js'

async function started(options: BackendOptions): Promise<Backend> {
  const daemon = await backend(options)
  onTestFinished(() => daemon.close())
  return daemon
}

/** Connects and sends a text. The socket is destroyed after the test. */
async function say(daemon: Backend, text: string) {
  const socket = connect({ ...daemon.endpoint, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

async function hear(socket: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += Buffer.from(chunk).toString()
  return text
}

describe.each(['unix', 'tcp'] as const)('a backend on %s', (on) => {
  test('refuse: nobody listens at the address', async () => {
    const daemon = await started({ on, script: 'refuse' })
    await expect(say(daemon, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(daemon.connections).toBe(0)
  })

  test('hang: everything is read and nothing is answered', async () => {
    const daemon = await started({ on, script: 'hang' })
    const socket = await say(daemon, 'x'.repeat(20_000_000))
    let heard = false
    socket.on('data', () => {
      heard = true
    })
    await expect.poll(() => socket.writableLength).toBe(0)
    expect({ heard, open: daemon.open, connections: daemon.connections }).toEqual({
      heard: false,
      open: 1,
      connections: 1,
    })
  })

  test('stall: nothing is read', async () => {
    const daemon = await started({ on, script: 'stall' })
    const socket = await say(daemon, 'x'.repeat(20_000_000))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(socket.writableLength).toBeGreaterThan(0)
  })

  test('close: the connection ends on the first bytes, without an answer', async () => {
    const daemon = await started({ on, script: 'close' })
    const socket = await say(daemon, 'x')
    expect(await hear(socket).catch(() => '')).toBe('')
  })

  test('nonsense: an answer comes once the client is silent', async () => {
    const daemon = await started({ on, script: 'nonsense' })
    expect(await hear(await say(daemon, 'PING\n'))).toContain('sleep furiously')
  })

  test('an answer reads and speaks in turn, and ends the connection when it returns', async () => {
    const daemon = await started({
      on,
      script: async function* (received) {
        for await (const chunk of received) {
          yield `heard ${Buffer.from(chunk)}`
          break
        }
        for await (const chunk of received) {
          yield Buffer.from(`, then ${Buffer.from(chunk)}`)
          return
        }
      },
    })
    const socket = await say(daemon, 'one')
    await once(socket, 'readable')
    socket.write('two')
    expect(await hear(socket)).toBe('heard one, then two')
    expect(daemon.open).toBe(1)
    socket.end()
    await expect.poll(() => daemon.open).toBe(0)
  })

  test('close frees the address and ends all connections', async () => {
    const daemon = await backend({ on, script: 'hang' })
    const socket = await say(daemon, 'x')
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.resume().once('close', resolve).end())
    await daemon.close()
    await closed
    await expect(say(daemon, '')).rejects.toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|ENOENT/) })
  })
})

test('an address is a path, or a host and a port', async () => {
  const unix = await started({ script: 'hang' })
  expect(unix.endpoint).toEqual({ path: unix.address })
  expect(existsSync(unix.address)).toBe(true)
  const tcp = await started({ on: 'tcp', script: 'hang' })
  expect(tcp.endpoint).toEqual({ host: '127.0.0.1', port: Number(/^127\.0\.0\.1:(\d+)$/.exec(tcp.address)?.[1]) })
})

test('close leaves no file behind, refusing or not', async () => {
  for (const script of ['refuse', 'hang'] as const) {
    const daemon = await backend({ script })
    await daemon.close()
    expect(existsSync(daemon.address)).toBe(false)
  }
})

test('close() throws the error of a script, so that a bug in the script is not taken for an error of the filter', async () => {
  const daemon = await backend({
    // biome-ignore lint/correctness/useYield: it throws before it says anything
    script: async function* () {
      throw new Error('a bug in the script')
    },
  })
  const socket = await say(daemon, 'x')
  await hear(socket).catch(() => '')
  await expect(daemon.close()).rejects.toThrow('a bug in the script')
})

test('a client that goes away is no bug in the script', async () => {
  const daemon = await backend({
    script: async function* (received) {
      for await (const _ of received) yield 'x'.repeat(1_000_000)
    },
  })
  const socket = await say(daemon, 'x')
  await once(socket, 'readable')
  socket.destroy()
  await expect.poll(() => daemon.open).toBe(0)
  await daemon.close()
})
