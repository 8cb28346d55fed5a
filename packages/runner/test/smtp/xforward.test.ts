import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCommand } from '../../src/smtp/command.js'
import {
  announcedAttributes,
  markedAddress,
  parseXforward,
  plainAddress,
  printXforward,
} from '../../src/smtp/xforward.js'

function parse(...lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(parseXforward(lines.map((line) => parseCommand(Buffer.from(line)))))
}

test('attributes come in one command or in several', () => {
  expect(parse('XFORWARD NAME=spike.example.net ADDR=192.0.2.1', 'xforward helo=spike PROTO=ESMTP')).toEqual({
    NAME: 'spike.example.net',
    ADDR: '192.0.2.1',
    HELO: 'spike',
    PROTO: 'ESMTP',
  })
})

test('what Postfix does not know is absent', () => {
  expect(parse('XFORWARD NAME=[UNAVAILABLE] ADDR=[TEMPUNAVAIL] IDENT= HELO=x nonsense')).toEqual({ HELO: 'x' })
})

test('values are xtext', () => {
  expect(parse('XFORWARD HELO=a+20b+2Bc IDENT=j+C3+B6rg+')).toEqual({ HELO: 'a b+c', IDENT: 'jörg+' })
})

test('each attribute that is known is a command by itself', () => {
  const attributes = new Map([
    ['NAME', ''],
    ['ADDR', '192.0.2.1'],
    ['HELO', 'a b+c=d\r\nMAIL jörg'],
    ['IDENT', '4F2B'],
  ])
  expect(printXforward(attributes)).toEqual([
    'XFORWARD ADDR=192.0.2.1',
    'XFORWARD HELO=a+20b+2Bc+3Dd+0D+0AMAIL+20j+C3+B6rg',
    'XFORWARD IDENT=4F2B',
  ])
})

test.each([
  ['XFORWARD NAME=a ADDR=192.0.2.1', 'NAME addr', ['XFORWARD NAME=a ADDR=192.0.2.1']],
  ['XFORWARD name=a  PORT=1 HELO=\xff', 'NAME HELO', ['XFORWARD name=a HELO=\xff']],
  ['XFORWARD PORT=1', 'NAME', []],
  ['XFORWARD NAME=a', '', []],
])('of %j a server that announced %j is told %j', (line, announced, told) => {
  const lines = announcedAttributes(Buffer.from(line, 'latin1'), announced)
  expect(lines.map((one) => Buffer.from(one).toString('latin1'))).toEqual(told)
})

test('what is printed is read as the same values, and fits the line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (helo) => {
      const [command = ''] = printXforward(new Map([['HELO', `x${helo}`]]))
      expect(command).toMatch(/^XFORWARD HELO=[!-~]{1,255}$/)
      const read = Buffer.from(parse(command).HELO ?? '')
      expect(Buffer.from(`x${helo}`).subarray(0, 60)).toEqual(read.subarray(0, 60))
    }),
  )
})

test('an IPv6 address has a prefix', () => {
  expect(markedAddress('2001:db8::1')).toBe('IPV6:2001:db8::1')
  expect(markedAddress('192.0.2.1')).toBe('192.0.2.1')

  expect(plainAddress('IPV6:2001:db8::1')).toBe('2001:db8::1')
  expect(plainAddress('192.0.2.1')).toBe('192.0.2.1')
})
