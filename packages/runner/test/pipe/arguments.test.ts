import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PipeArguments, parsePipeArguments, type RefusedArguments } from '../../src/pipe/arguments.js'

/** What pipe(8) makes of the macros in either form. */
const FORMS = {
  'in one word': (values: Record<string, string>) =>
    Object.entries(values).map(([name, value]) => `--${name}=${value}`),
  'in two words': (values: Record<string, string>) =>
    Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]),
}

function parse(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): PipeArguments {
  const call = parsePipeArguments(argv, environment)
  if ('error' in call) throw call.error
  return call
}

describe.each(Object.entries(FORMS))('with name and value %s', (_, print) => {
  test('reads the arguments as pipe(8) expands them', () => {
    const values = { id: '4bX', 'client-address': '192.0.2.1', 'client-name': 'unknown', 'client-helo': 'h' }
    const argv = [...print({ ...values, sender: 's@example.com' }), '--', 'a@example.net', '-b@example.net', '--']
    expect(parse(argv, { MAIL_CONFIG: '/etc/postfix-2' })).toEqual({
      configDirectory: '/etc/postfix-2',
      id: '4bX',
      envelope: {
        sender: 's@example.com',
        recipients: ['a@example.net', '-b@example.net', '--'],
        client: { address: '192.0.2.1', helo: 'h' },
      },
    })
  })

  test('reads empty macros as the null sender and as no client', () => {
    const argv = [...print({ config: '/etc/p', id: '', 'client-address': '', sender: '' }), '--', 'a@example.net']
    expect(parse(argv)).toEqual({ configDirectory: '/etc/p', envelope: { sender: '', recipients: ['a@example.net'] } })
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
          const line = Buffer.from(['node', 'candy.js', 'pipe', ...argv, ''].join('\0'))
          const call = parsePipeArguments(argv, {}, () => line)
          expect(call).toEqual({
            configDirectory: '/etc/postfix',
            envelope: { sender, recipients, client: { address: '::1', helo, login } },
          })
        },
      ),
    )
  })
})

test('takes short options, and recipients without the two dashes', () => {
  const envelope = { sender: 's@example.com', recipients: ['a@example.net'] }
  expect(parse(['-c', '/etc/p', '-f', 's@example.com', 'a@example.net'])).toEqual({
    configDirectory: '/etc/p',
    envelope,
  })
  expect(parse(['-c/etc/p', '-fs@example.com', '--', 'a@example.net'])).toEqual({ configDirectory: '/etc/p', envelope })
})

test.each([
  [['--', 'a@example.net'], 'the sender is missing'],
  [['--sender=s@example.com'], 'the recipients are missing'],
  [['--sender=s@example.com', '--bogus', '--', 'a'], 'unknown option "--bogus"'],
  [['-x', '--', 'a'], 'unknown option "-x"'],
  [['--sender=s@example.com', '--id'], '--id wants a value'],
])('%j is CONFIG, and says where candy is configured and for which message', (argv, why) => {
  const call = parsePipeArguments(['--config=/etc/p', '--id=4bX', ...argv], {}) as RefusedArguments
  expect(call).toMatchObject({ configDirectory: '/etc/p', id: '4bX', error: { code: 'CONFIG' } })
  expect(call.error.message).toContain(why)
})

/** Reads the arguments once as Node.js decodes them, and once as the kernel has them. */
function read(argv: readonly string[]): PipeArguments | RefusedArguments {
  const bytes = argv.map((word) => Buffer.from(word, 'latin1'))
  const line = Buffer.concat(['node', 'pipe', ...bytes].flatMap((word) => [Buffer.from(word), Buffer.from('\0')]))
  return parsePipeArguments(
    bytes.map((word) => word.toString('utf8')),
    {},
    () => line,
  )
}

test.each([
  [['--sender=s\xff@example.com', '--', 'a@example.net'], 's\ufffd@example.com'],
  [['-f', 's@example.com', '--', 'a@example.net', 'b\xe9@example.net'], 'b\ufffd@example.net'],
  [['--client-address=::1', '--client-helo=\xef\xbf\xbd', '-f', '', '--', '\xff'], '\ufffd'],
])('an address that is not UTF-8 is named: %j', (argv, address) => {
  expect(read(argv)).toMatchObject({ error: { code: 'NEXT_HOP' } })
  expect((read(argv) as RefusedArguments).error.message).toContain(
    `the address ${JSON.stringify(address)} is not UTF-8`,
  )
})

test('a HELO name or login that is not UTF-8 is read with replacement characters, and an address may have such a character itself', () => {
  const argv = ['--client-address=::1', '--client-helo=\xff\xfe', '--sasl-username', '\x80', '--sender=', '--']
  expect(read([...argv, '\xef\xbf\xbd@example.net'])).toMatchObject({
    envelope: {
      recipients: ['\ufffd@example.net'],
      client: { helo: '\ufffd\ufffd', login: '\ufffd' },
    },
  })
})
