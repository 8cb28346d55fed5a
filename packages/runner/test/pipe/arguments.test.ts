import type { Envelope } from '@candy/sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../src/delivery/envelope-commands.js'
import {
  bytesOfArguments,
  type PipeArguments,
  parsePipeArguments,
  type RefusedArguments,
} from '../../src/pipe/arguments.js'

/** What pipe(8) makes of the macros in either form. */
const FORMS = {
  'in one word': (values: Record<string, string>) =>
    Object.entries(values).map(([name, value]) => `--${name}=${value}`),
  'in two words': (values: Record<string, string>) =>
    Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]),
}

function parse(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): PipeArguments {
  const call = parsePipeArguments(bytesOfArguments(argv), environment)
  if ('error' in call) throw call.error
  return call
}

/** With the addresses of the envelope as bytes, too. */
function withBytes<T extends { readonly envelope: Envelope }>(call: T): T & Pick<PipeArguments, 'addresses'> {
  return { ...call, addresses: bytesOf(call.envelope) }
}

describe.each(Object.entries(FORMS))('with name and value %s', (_, print) => {
  test('reads the arguments as pipe(8) expands them', () => {
    const values = { id: '4bX', 'client-address': '192.0.2.1', 'client-name': 'unknown', 'client-helo': 'h' }
    const argv = [...print({ ...values, sender: 's@example.com' }), '--', 'a@example.net', '-b@example.net', '--']
    expect(parse(argv, { MAIL_CONFIG: '/etc/postfix-2' })).toEqual(
      withBytes({
        configDirectory: '/etc/postfix-2',
        id: '4bX',
        envelope: {
          sender: 's@example.com',
          recipients: ['a@example.net', '-b@example.net', '--'],
          client: { address: '192.0.2.1', helo: 'h' },
        },
      }),
    )
  })

  test('reads empty macros as the null sender and as no client', () => {
    const argv = [...print({ config: '/etc/p', id: '', 'client-address': '', sender: '' }), '--', 'a@example.net']
    expect(parse(argv)).toEqual(
      withBytes({ configDirectory: '/etc/p', envelope: { sender: '', recipients: ['a@example.net'] } }),
    )
  })

  test('reads any bytes that a stranger chooses for HELO, login, sender and recipient', () => {
    const odd = fc.constantFrom(
      '-foo',
      '--',
      '-',
      '--config=/nowhere',
      '-c',
      '=',
      'a=b',
      '--sender',
      '\n',
      '\ufffd',
      ' ',
    )
    const word = fc.oneof(odd, fc.string({ minLength: 1, unit: 'grapheme' })).filter((text) => text !== 'unknown')
    fc.assert(
      fc.property(
        word,
        word,
        word,
        fc.array(word, { minLength: 1, maxLength: 3 }),
        (helo, login, sender, recipients) => {
          const values = { 'client-address': '::1', 'client-helo': helo, 'sasl-username': login, sender }
          const argv = [...print(values), '--', ...recipients]
          const line = Buffer.from(['node', 'candy.cjs', 'pipe', ...argv, ''].join('\0'))
          const call = parsePipeArguments(
            bytesOfArguments(argv, () => line),
            {},
          )
          const [first = '', ...others] = recipients
          const envelope: Envelope = {
            sender,
            recipients: [first, ...others],
            client: { address: '::1', helo, login },
          }
          expect(call).toEqual(withBytes({ configDirectory: '/etc/postfix', envelope }))
        },
      ),
    )
  })
})

test('takes short options, and recipients without the two dashes', () => {
  const envelope: Envelope = { sender: 's@example.com', recipients: ['a@example.net'] }
  const expected = withBytes({ configDirectory: '/etc/p', envelope })
  expect(parse(['-c', '/etc/p', '-f', 's@example.com', 'a@example.net'])).toEqual(expected)
  expect(parse(['-c/etc/p', '-fs@example.com', '--', 'a@example.net'])).toEqual(expected)
})

test.each([
  [['--', 'a@example.net'], 'the sender is missing'],
  [['--sender=s@example.com'], 'the recipients are missing'],
  [['--sender=s@example.com', '--bogus', '--', 'a'], 'unknown option "--bogus"'],
  [['-x', '--', 'a'], 'unknown option "-x"'],
  [['--sender=s@example.com', '--id'], '--id wants a value'],
])('%j is CONFIG, and says where candy is configured and for which message', (argv, why) => {
  const call = parsePipeArguments(bytesOfArguments(['--config=/etc/p', '--id=4bX', ...argv]), {}) as RefusedArguments
  expect(call).toMatchObject({ configDirectory: '/etc/p', id: '4bX', error: { code: 'CONFIG' } })
  expect(call.error.message).toContain(why)
})

/** Reads the arguments as Node.js decodes them, beside what the kernel has. */
function read(argv: readonly string[]): PipeArguments {
  const bytes = argv.map((word) => Buffer.from(word, 'latin1'))
  const line = Buffer.concat(['node', 'pipe', ...bytes].flatMap((word) => [Buffer.from(word), Buffer.from('\0')]))
  const decoded = bytes.map((word) => word.toString('utf8'))
  const call = parsePipeArguments(
    bytesOfArguments(decoded, () => line),
    {},
  )
  if ('error' in call) throw call.error
  return call
}

test.each([
  [
    ['--sender=s\xff@example.com', '--', 'a@example.net'],
    ['s\xff@example.com', 'a@example.net'],
  ],
  [
    ['-f', 's@example.com', '--', 'a@example.net', 'b\xe9@example.net'],
    ['s@example.com', 'a@example.net', 'b\xe9@example.net'],
  ],
  [
    ['--client-address=::1', '--client-helo=\xef\xbf\xbd', '-f', '', '--', '\xff'],
    ['', '\xff'],
  ],
])('an address that is not UTF-8 keeps its bytes, and is read with a replacement character: %j', (argv, addresses) => {
  const { envelope, addresses: bytes } = read(argv)
  expect([bytes.sender, ...bytes.recipients].map((address) => Buffer.from(address).toString('latin1'))).toEqual(
    addresses,
  )
  const decoded = addresses.map((address) => Buffer.from(address, 'latin1').toString())
  expect([envelope.sender, ...envelope.recipients]).toEqual(decoded)
})

test('a HELO name or login that is not UTF-8 is read with replacement characters', () => {
  const argv = ['--client-address=::1', '--client-helo=\xff\xfe', '--sasl-username', '\x80', '--sender=', '--']
  expect(read([...argv, '\xef\xbf\xbd@example.net'])).toMatchObject({
    envelope: {
      recipients: ['\ufffd@example.net'],
      client: { helo: '\ufffd\ufffd', login: '\ufffd' },
    },
  })
})
