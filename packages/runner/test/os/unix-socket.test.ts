import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isListening } from '../../src/os/unix-socket.js'
import { scratch } from '../support.js'

test('a socket with a listener is told from one that a killed process has left', async () => {
  const path = join(scratch(), 'socket')
  const script = `require('net').createServer().listen(process.argv[1], () => console.log('listening'))`
  const child = spawn(process.execPath, ['-e', script, path])
  await once(child.stdout, 'data')
  expect(await isListening(path)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isListening(path)).toBe(false)
  const server = createServer().listen(`${path}-2`)
  await once(server, 'listening')
  expect(await isListening(`${path}-2`)).toBe(true)
  server.close()
})
