import { expect, test } from 'vitest'
import { parseExtensions, relayedKeywords } from '../../src/smtp/ehlo.js'

const lines = [
  'mx.example.test',
  'PIPELINING',
  'size 10240000',
  'VRFY',
  'ETRN',
  'STARTTLS',
  'AUTH PLAIN LOGIN',
  'AUTH=PLAIN LOGIN',
  'XCLIENT NAME ADDR LOGIN',
  'XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT',
  'ENHANCEDSTATUSCODES',
  '8BITMIME',
  'DSN',
  'SMTPUTF8',
  'CHUNKING',
  'REQUIRETLS',
  'X-UNKNOWN',
]

test('only what is known to survive a relay is offered on', () => {
  expect(relayedKeywords(parseExtensions({ code: 250, lines }))).toEqual([
    'PIPELINING',
    'SIZE 10240000',
    'XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT',
    'ENHANCEDSTATUSCODES',
    '8BITMIME',
    'DSN',
    'SMTPUTF8',
  ])
})

test('nothing is offered on that the next hop did not offer', () => {
  expect(relayedKeywords(parseExtensions({ code: 250, lines: ['mx.example.test'] }))).toEqual([])
})
