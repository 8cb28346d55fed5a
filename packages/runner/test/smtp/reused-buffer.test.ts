import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readIntoOneBuffer } from '../../src/smtp/reused-buffer.js'
import { scratch } from '../support.js'

interface Connected {
  readonly client: Socket
  readonly socket: Socket
  readonly accepted: Socket
  readonly memory: Set<ArrayBufferLike>
  heard(): string
}

async function start(pauseOnConnect: boolean): Promise<Connected> {
  const path = join(scratch(), 'socket')
  const server = createServer({ pauseOnConnect })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const client = connect(path)
  const [accepted] = (await once(server, 'connection')) as [Socket]
  let heard = ''
  const memory = new Set<ArrayBufferLike>()
  const socket = readIntoOneBuffer(accepted, (chunk) => {
    memory.add(chunk.buffer)
    heard += chunk.toString('latin1')
  })
  onTestFinished(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return { client, socket, accepted, memory, heard: () => heard }
}

test('all that comes is read, into the same memory', async () => {
  const { client, socket, accepted, memory, heard } = await start(true)
  expect(socket).not.toBe(accepted)
  const text = 'x'.repeat(300_000)
  client.write(text)
  await expect.poll(heard).toBe(text)
  client.write('and more')
  await expect.poll(heard).toBe(`${text}and more`)
  expect(memory.size).toBe(1)
})

test('nothing is read while the socket is paused', async () => {
  const { client, socket, heard } = await start(true)
  client.write('one')
  await expect.poll(heard).toBe('one')
  socket.pause()
  expect(socket.isPaused()).toBe(true)
  client.write('two')
  socket.write('answer')
  await once(client, 'data')
  expect(heard()).toBe('one')
  socket.resume()
  await expect.poll(heard).toBe('onetwo')
})

test('the end of the connection is told, from either side', async () => {
  const { client, socket } = await start(true)
  const ended = once(socket, 'end')
  const closed = once(socket, 'close')
  client.end()
  await ended
  await closed
  const other = await start(true)
  other.socket.destroySoon()
  await once(other.client.resume(), 'end')
})

test('a socket that is being read from already is used as it is', async () => {
  const { client, socket, accepted, heard } = await start(false)
  expect(socket).toBe(accepted)
  client.write('text')
  await expect.poll(heard).toBe('text')
})
