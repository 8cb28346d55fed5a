import { expect, test } from 'vitest'
import { addressIn, argumentOf, parseCommand, pathAndParameters } from '../../src/smtp/command.js'

test.each([
  ['quit', 'QUIT', ''],
  ['EHLO  client.example.test ', 'EHLO', 'client.example.test'],
  ['MAIL FROM:<a@example.com> BODY=8BITMIME', 'MAIL', 'FROM:<a@example.com> BODY=8BITMIME'],
  ['', '', ''],
  [' QUIT', '', 'QUIT'],
])('%j has the verb %j and the argument %j', (line, verb, argument) => {
  const command = parseCommand(Buffer.from(line))
  expect(command.verb).toBe(verb)
  expect(argumentOf(command)).toBe(argument)
  expect(command.line.toString()).toBe(line)
})

test.each([
  ['MAIL FROM:<>', ''],
  ['MAIL FROM:<> RET=HDRS ENVID=<x>', ''],
  ['mail from: <a@example.com> SIZE=1', 'a@example.com'],
  ['RCPT TO:<@relay.example,@other.example:a@example.com>', 'a@example.com'],
  ['RCPT TO:<"a>b c"@example.com> NOTIFY=NEVER', '"a>b c"@example.com'],
  ['RCPT TO:<"a\\"@b>"@example.com>', '"a\\"@b>"@example.com'],
  ['RCPT TO:<jörg@exämple.com>', 'jörg@exämple.com'],
  ['RCPT TO:a@example.com NOTIFY=NEVER', 'a@example.com'],
  ['RCPT TO', ''],
])('%j names %j', (line, address) => {
  expect(addressIn(parseCommand(Buffer.from(line)))).toBe(address)
})

test.each([
  ['MAIL FROM:<>', 'MAIL FROM:<>', []],
  ['mail from: <a@example.com>  RET=HDRS ENVID=<x>', 'mail from: <a@example.com>', ['RET=HDRS', 'ENVID=<x>']],
  ['RCPT TO:<"a>b c"@example.com> NOTIFY=NEVER', 'RCPT TO:<"a>b c"@example.com>', ['NOTIFY=NEVER']],
  ['RCPT TO:a@example.com NOTIFY=NEVER', 'RCPT TO:a@example.com', ['NOTIFY=NEVER']],
  ['RCPT TO:<"a NOTIFY=NEVER', 'RCPT TO:<"a', ['NOTIFY=NEVER']],
  ['RCPT', 'RCPT', []],
])('%j is cut behind the path', (line, path, parameters) => {
  expect(pathAndParameters(Buffer.from(line))).toEqual({ path, parameters })
})

test('an address of many open quotes and brackets is read in linear time', () => {
  const before = process.cpuUsage()
  pathAndParameters(Buffer.from(`RCPT TO:<${'"\\'.repeat(2000)}`))
  addressIn(parseCommand(Buffer.from(`RCPT TO:<${'"\\'.repeat(2000)}`)))
  addressIn(parseCommand(Buffer.from(`RCPT TO:<@${'a,@'.repeat(1300)}`)))
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1e6).toBeLessThan(1)
})
