/** The example of the README, as it is written there, with a session of Postfix's packets. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PacketReader } from '../src/packet.js'
import { ABORT, CONNECT, HELO, MESSAGE, OFFER, QUIT } from './packets.js'

const PACKAGE = join(import.meta.dirname, '..')

/** A packet of the session is sent when the replies to those before it are there. */
const PARTS = [
  [OFFER, CONNECT, HELO, ...MESSAGE],
  [ABORT, ...MESSAGE],
  [ABORT, QUIT],
].map((part) => Buffer.concat(part))

test('the example adds the size of the body', async () => {
  const [, example = ''] = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(PACKAGE, 'README.md'), 'utf8')) ?? []
  // Inside of the package, where the example finds it by its name.
  const directory = mkdtempSync(join(PACKAGE, 'test/example-'))
  const scratch = mkdtempSync(join(tmpdir(), 'candy-milter-'))
  onTestFinished(() => {
    for (const path of [directory, scratch]) rmSync(path, { recursive: true })
  })
  writeFileSync(join(directory, 'example.mjs'), example)
  const socket = join(scratch, 'socket')
  const server = spawn(process.execPath, [join(directory, 'example.mjs'), socket], { stdio: 'inherit' })
  onTestFinished(() => void server.kill())
  await expect.poll(() => existsSync(socket)).toBe(true)
  expect(await repliesOf(socket)).toEqual(['O', 'i X-Body-Size: 10', 'a', 'i X-Body-Size: 10', 'a'])
})

/** What is replied to a whole session. */
function repliesOf(path: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const parts = PARTS.values()
    const reader = new PacketReader()
    const replies: string[] = []
    const socket = connect(path, () => sendNext())
    const sendNext = (): void => void socket.write(parts.next().value ?? '')
    socket.on('error', reject)
    socket.on('close', () => resolve(replies))
    socket.on('data', (chunk) => {
      for (const { command, data } of reader.read(chunk)) {
        replies.push(command === 'i' ? `i ${data.toString('latin1', 4, data.length - 1).replace('\0', ':')}` : command)
        if (command === 'a') sendNext()
      }
    })
  })
}
