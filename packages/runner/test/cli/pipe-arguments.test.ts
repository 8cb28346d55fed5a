import { expect, test } from 'vitest'
import { parsePipeArguments } from '../../src/cli/pipe-arguments.js'

test('takes what pipe(8) expands', () => {
  const argv = [
    '--id',
    '4bX',
    '--client-address',
    '192.0.2.1',
    '--client-name',
    'unknown',
    '--client-helo',
    'h',
    '-f',
    's@example.com',
    '--',
    'a@example.net',
    '-b@example.net',
  ]
  expect(parsePipeArguments(argv, { MAIL_CONFIG: '/etc/postfix-2' })).toEqual({
    configDirectory: '/etc/postfix-2',
    id: '4bX',
    envelope: {
      sender: 's@example.com',
      recipients: ['a@example.net', '-b@example.net'],
      client: { address: '192.0.2.1', helo: 'h' },
    },
  })
})

test('takes empty macros: the null sender, mail without a client', () => {
  const argv = ['-c', '/etc/p', '--id', '', '--client-address', '', '-f', '', '--', 'a@example.net']
  expect(parsePipeArguments(argv, {})).toEqual({
    configDirectory: '/etc/p',
    envelope: { sender: '', recipients: ['a@example.net'] },
  })
})

test.each([
  [['--', 'a@example.net'], 'the sender is missing'],
  [['-f', 's@example.com'], 'the recipients are missing'],
  [['-f', 's@example.com', '--bogus', '--', 'a'], "Unknown option '--bogus'"],
])('%j is CONFIG', (argv, why) => {
  expect(() => parsePipeArguments(argv, {})).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  expect(() => parsePipeArguments(argv, {})).toThrow(why)
})
