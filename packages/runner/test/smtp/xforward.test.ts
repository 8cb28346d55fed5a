import { expect, test } from 'vitest'
import { parseCommand } from '../../src/smtp/command.js'
import { parseXforward, plainAddress } from '../../src/smtp/xforward.js'

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

test('an IPv6 address loses its prefix', () => {
  expect(plainAddress('IPV6:2001:db8::1')).toBe('2001:db8::1')
  expect(plainAddress('192.0.2.1')).toBe('192.0.2.1')
})
