import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { drained } from '../../src/failover/index.js'
import { backend } from '../../src/testing/index.js'

/** A connection to a peer that reads nothing, which has more to write than the system takes. */
async function blocked(): Promise<{ socket: Socket } & AsyncDisposable> {
  const peer = await backend({ script: 'stall' })
  const socket = connect(peer.endpoint as { path: string })
  socket.on('error', () => {})
  await once(socket, 'connect')
  while (socket.write(Buffer.alloc(65_536)));
  return { socket, [Symbol.asyncDispose]: () => peer.close().finally(() => socket.destroy()) }
}

test('waits until what was written has left', async () => {
  await using peer = await backend({ script: 'hang' })
  const socket = connect(peer.endpoint as { path: string })
  await once(socket, 'connect')
  while (socket.write(Buffer.alloc(65_536)));
  await drained(socket)
  expect(socket.writableNeedDrain).toBe(false)
  expect(socket.listenerCount('close') + socket.listenerCount('drain')).toBe(0)
  socket.destroy()
})

test('ends when the socket is closed meanwhile', async () => {
  await using connection = await blocked()
  const waiting = drained(connection.socket)
  connection.socket.destroy()
  await waiting
  expect(connection.socket.closed).toBe(true)
})

test('ends when the socket was closed before', async () => {
  await using connection = await blocked()
  connection.socket.destroy()
  await once(connection.socket, 'close')
  await drained(connection.socket)
})
