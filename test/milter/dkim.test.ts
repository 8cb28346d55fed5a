/**
 * DKIM signatures (RFC 6376) around candy in mode milter: a signature from before it is still valid after edits of the header, and one
 * from after it covers what a filter has rewritten. opendkim signs and verifies, as milters before and behind candy.
 */
import { join } from 'node:path'
import { parseHeaders } from '@candy/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { type FilterFile, writeFilterFile } from '../kit/filter-file.js'
import { makeKey, type OpenDkim, startOpenDkim } from '../kit/opendkim.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

const ACCEPT: FilterFile = { judge: "return { action: 'accept' }" }
const EDIT: FilterFile = {
  judge: "return { action: 'accept', edits: [{ add: 'X-Added', value: 'a' }, { remove: 'X-Unsigned' }] }",
}
const REWRITE: FilterFile = {
  rewrites: true,
  judge: String.raw`
    const chunks = []
    for await (const chunk of message.open()) chunks.push(chunk)
    const content = Buffer.concat([...chunks, Buffer.from('a footer\r\n')])
    return { action: 'accept', content: async function* () { yield content } }`,
}

/** Odd where a milter could change something: blanks, folds, cases, empty lines. */
const MESSAGE = [
  'X-Unsigned: x',
  'From:  a@example.com',
  'Subject:no blank',
  'To:\tb@example.net',
  'Message-ID:',
  ' <x@example.com>',
  'Date: Fri, 27 Nov 2026 11:00:00 +0000',
  'MIME-Version: 1.0  ',
  '',
  'a line ',
  '',
  '',
  '',
].join('\r\n')

let testBed: RelayTestBed
let signer: OpenDkim
let verifier: OpenDkim
beforeAll(async () => {
  testBed = await startRelay({ mode: 'milter', workers: 1 })
  const key = makeKey()
  signer = await startOpenDkim(testBed.directory, 'sign', key)
  verifier = await startOpenDkim(testBed.directory, 'verify', key)
})
afterAll(async () => {
  await signer?.[Symbol.asyncDispose]()
  await verifier?.[Symbol.asyncDispose]()
  await testBed.stop()
})

test.each<[string, FilterFile, readonly string[], string]>([
  ['before candy, which changes nothing', ACCEPT, ['signer', 'candy'], 'pass'],
  ['before candy, which adds and removes fields', EDIT, ['signer', 'candy'], 'pass'],
  ['before candy, which writes a new body', REWRITE, ['signer', 'candy'], 'fail'],
  ['behind candy, which writes a new body', REWRITE, ['candy', 'signer'], 'pass'],
])('a signature made %s', async (name, filter, order, result) => {
  const { postfix, sink } = testBed
  const path = join(testBed.directory, `${name.length}.js`)
  await writeFilterFile(path, filter)
  await testBed.writeFilter('50-test.toml', `filter = "${path}"\n`)
  await testBed.reload()
  const milters = { signer: signer.address, candy: '$candy_milter' }
  const list = [...order.map((one) => milters[one as keyof typeof milters]), verifier.address]
  await postfix.set({ smtpd_milters: list.join(', ') })
  await postfix.reload()
  sink.clear()
  await deliver(postfix.port, { sender: 'a@example.com', recipients: ['b@example.net'], bytes: MESSAGE })
  const [message] = await sink.waitFor(1)
  const bytes = message?.bytes ?? Buffer.alloc(0)
  const results = parseHeaders(bytes).filter((field) => field.name === 'Authentication-Results')
  expect(results).toHaveLength(1)
  expect(bytes.toString()).toMatch(new RegExp(`^Authentication-Results: verifier\\.example;\\s+dkim=${result} `, 'm'))
})
