/** The ground itself: what every end-to-end test takes for granted about Postfix, the next hop and the client. */
import { expect, it } from 'vitest'
import { deliver } from './ground/client.js'
import { startGround } from './ground/ground.js'

const letter = [
  'From: alice@example.test',
  'To: bob@example.net',
  'Date: Mon, 1 Jan 2024 00:00:00 +0000',
  'Message-ID: <1@example.test>',
  'Subject: =?utf-8?q?caf=C3=A9?=',
  'X-Folded: one',
  '\t two  ',
  '',
  '.dot',
  'long '.repeat(300),
  '\u00e9 8-bit',
  '',
].join('\r\n')

it('relays a message and changes nothing but its trace fields', async () => {
  await using ground = await startGround()
  const bytes = Buffer.from(letter)
  await deliver(ground.postfix.port, { sender: 'alice@example.test', recipients: ['bob@example.net'], bytes })
  const [received] = await ground.sink.waitFor(1)
  expect(received?.bytes.subarray(-bytes.length).equals(bytes)).toBe(true)
  expect(received?.bytes.subarray(0, -bytes.length).toString()).toMatch(/^Received: from [^\r]*\r\n(?:\t[^\r]*\r\n)+$/)
})
