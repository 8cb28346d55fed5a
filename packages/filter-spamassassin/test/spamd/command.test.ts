import { anyChunking, backend } from '@candy/sdk/testing'
import { parseAddress } from '@candy/sdk/values'
import { expect, test } from 'vitest'
import { parseScore, ping, scan, tell, version } from '../../src/spamd/command.js'
import { fakeSpamd, PONG, type SeenRequest, symbols } from '../fake-spamd.js'

const signal = new AbortController().signal
const BODY = { length: 5, open: () => anyChunking(Buffer.from('hello')) }

/** Asks a fake spamd that gives this reply. Returns the result and the request that it got. */
async function ask<T>(reply: string, command: (address: ReturnType<typeof parseAddress>) => Promise<T>) {
  const seen: SeenRequest[] = []
  await using spamd = await backend({
    script: fakeSpamd((request) => {
      seen.push(request)
      return reply
    }),
  })
  const result = await command(parseAddress(spamd.address))
  return { result, request: seen[0] }
}

function score(spam: string, tests: string): unknown {
  return parseScore({ version: '1.1', headers: new Map([['spam', spam]]), body: Buffer.from(tests) })
}

test('a ping sends no body and gives the protocol version', async () => {
  const { result, request } = await ask(PONG, (address) => ping(address, { signal }))
  expect(result).toBe('1.5')
  expect(request).toMatchObject({ command: 'PING SPAMC/1.5', headers: [] })
})

test('a scan names the user and the length, and gives score, threshold and rules', async () => {
  const { result, request } = await ask(symbols('True ; 15.1 / 5.0'), (address) =>
    scan(address, BODY, { user: 'jane', signal }),
  )
  expect(result).toEqual({ spam: true, score: 15.1, required: 5, tests: ['A', 'B_2'], interrupted: false })
  expect(request).toMatchObject({ command: 'SYMBOLS SPAMC/1.5', headers: ['User: jane', 'Content-length: 5'] })
})

test('without a user none is named', async () => {
  const { request } = await ask(symbols('False ; 0.0 / 5.0'), (address) => scan(address, BODY, { signal }))
  expect(request?.headers).toEqual(['Content-length: 5'])
})

test.each([
  ['False ; -1.9 / 5.0', { spam: false, score: -1.9, required: 5 }],
  ['True ; 3 / -2.5', { spam: true, score: 3, required: -2.5 }],
  ['Yes ; 1000.0 / 5.0', { spam: true, score: 1000, required: 5 }],
  ['no ; 0.0/5.0', { spam: false, score: 0, required: 5 }],
])('Spam: %s is read', (header, expected) => {
  expect(score(header, '')).toEqual({ ...expected, tests: [], interrupted: false })
})

test.each(['', 'A,B', 'A,B\r\n', 'A,B\r\n\r\n', 'A,B\n'])('the rules %j are read', (text) => {
  expect(score('False ; 1 / 5', text)).toMatchObject({ tests: text === '' ? [] : ['A', 'B'] })
})

test.each([
  '',
  'True',
  'False ; x / 5',
  'False ; 1',
  'Maybe ; 1 / 5',
  'False ; 1 / 5 / 3',
  'False ; 1e99 / 5',
  'False ; nan / 5',
  'False ; -nan / 5',
  'False ; inf / 5',
  'False ; 1 / inf',
  'False ; 0x1 / 5',
  'False ; 1,5 / 5',
  'False ; 5.2 / 5.0',
  'True ; 4.8 / 5.0',
  'True ; -1 / 5',
  'False ; 1 / 5\0',
])('Spam: %j is a PROTOCOL error, never ham', (header) => {
  expect(() => score(header, 'A')).toThrow('not a score')
})

test.each([
  ['A,,B', ['A', '?', 'B']],
  ['A B', ['A?B']],
  ['<html>', ['?html?']],
  ['A,B\r\n\r\n\r\n', ['A', 'B']],
  ['A,\r\n\tB', ['A', 'B']],
  ['A,\r\nX-Evil: yes', ['A', 'X?Evil??yes']],
  [`A${'B'.repeat(200)}`, [`A${'B'.repeat(127)}`]],
])('rules %j become names that fit into a header field', (text, tests) => {
  expect(score('False ; 1 / 5', text)).toMatchObject({ tests })
})

test('of very many rules the first are returned, and a rule about a time limit is found among the others', () => {
  const names = Array.from({ length: 5_000 }, (_, rule) => `R${rule}`)
  expect(score('False ; 1 / 5', names.join(','))).toMatchObject({ tests: names.slice(0, 200), interrupted: false })
  expect(score('False ; 1 / 5', [...names, 'TIME_LIMIT_EXCEEDED'].join(','))).toMatchObject({ interrupted: true })
})

test.each([
  ['spam', ['Message-class: spam', 'Set: local'], 'DidSet: local\r\n', true],
  ['ham', ['Message-class: ham', 'Set: local'], 'DidSet: local\r\n', true],
  ['ham', ['Message-class: ham', 'Set: local'], '', false],
  ['forget', ['Remove: local'], 'DidRemove: local\r\n', true],
  ['forget', ['Remove: local'], '', false],
] as const)('TELL %s sends %j and reads %j', async (lesson, headers, did, learned) => {
  const { result, request } = await ask(`SPAMD/1.1 0 EX_OK\r\n${did}\r\n\r\n`, (address) =>
    tell(address, lesson, BODY, { user: 'jane', signal }),
  )
  expect(result).toBe(learned)
  expect(request).toMatchObject({
    command: 'TELL SPAMC/1.5',
    headers: ['User: jane', ...headers, 'Content-length: 5'],
  })
})

test.each([
  ['X-Spam-Checker-Version: SpamAssassin 4.0.1 (2024-03-26) on mx\r\n\r\n', '4.0.1'],
  ['Subject: no such header\r\n\r\n', undefined],
])('the version is read from the headers of a scan', async (headers, expected) => {
  const reply = `SPAMD/1.1 0 EX_OK\r\nContent-length: ${headers.length}\r\nSpam: False ; 1.0 / 5.0\r\n\r\n${headers}`
  const { result } = await ask(reply, (address) => version(address, BODY, { signal }))
  expect(result).toBe(expected)
})
