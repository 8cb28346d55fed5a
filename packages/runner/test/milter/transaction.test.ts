import type { Connect } from '@candy/milter'
import { describe, expect, test } from 'vitest'
import { receivedField } from '../../src/milter/received-field.js'
import { type MilterClient, MilterTransaction } from '../../src/milter/transaction.js'

const NETWORK: Connect = { type: 'connect', hostname: 'mx.example.com', family: 'inet', address: '192.0.2.9', port: 25 }
const LOCAL: Connect = { type: 'connect', hostname: 'localhost', family: 'inet', address: '127.0.0.1', port: 0 }
const DATE = new Date('2026-11-28T01:02:03Z')

interface Told extends MilterClient {
  readonly mail?: readonly [string, ...string[]]
  readonly recipients?: readonly (readonly [string, ...string[]])[]
  readonly macros?: Readonly<Record<string, string>>
}

const bytes = ([first, ...rest]: readonly [string, ...string[]]): readonly [Buffer, ...Buffer[]] => [
  Buffer.from(first),
  ...rest.map((text) => Buffer.from(text)),
]

function transaction({ mail = ['<a@example.com>'], recipients = [['<b@example.net>']], macros, ...client }: Told) {
  const made = new MilterTransaction(client, bytes(mail), new Map(Object.entries({ j: 'mx.here', ...macros })))
  for (const recipient of recipients) made.addRecipient(bytes(recipient))
  made.noteId(new Map([['i', 'ABC']]))
  return made
}

describe('the client', () => {
  test.each<[string, Told, object | undefined]>([
    [
      'of the network',
      { connect: NETWORK, helo: 'hello' },
      { address: '192.0.2.9', name: 'mx.example.com', helo: 'hello' },
    ],
    ['without a name', { connect: { ...NETWORK, hostname: '[192.0.2.9]' } }, { address: '192.0.2.9' }],
    [
      'that has logged in',
      { connect: NETWORK, macros: { '{auth_authen}': 'joe' } },
      { address: '192.0.2.9', name: 'mx.example.com', login: 'joe' },
    ],
    [
      'of XCLIENT, which has no port',
      { connect: { ...NETWORK, port: 0 } },
      { address: '192.0.2.9', name: 'mx.example.com' },
    ],
    ['of sendmail(1) is none', { connect: LOCAL, helo: 'localhost' }, undefined],
    ['of a UNIX socket is none', { connect: { ...LOCAL, family: 'unix', address: '/s' } }, undefined],
    ['that Postfix does not tell is none', {}, undefined],
  ])('%s', (_, told, client) => {
    expect(transaction(told).envelope.client).toEqual(client)
  })
})

test('the commands are those of the client, for the recipients that are asked for', () => {
  const told = transaction({
    connect: { ...NETWORK, family: 'inet6', address: '2001:db8::1' },
    helo: 'a b',
    mail: ['<>', 'BODY=8BITMIME', 'AUTH=<>', 'ENVID=x'],
    recipients: [['<b@example.net>', 'NOTIFY=NEVER'], ['c@example.net'], ['<\u7528\u6237@example.net>']],
  })
  const { xforward, mail, recipients } = told.commands([0, 2])
  expect([...xforward, mail, ...recipients].map((line) => `${line}`)).toEqual([
    'XFORWARD NAME=mx.example.com',
    'XFORWARD ADDR=IPV6:2001:db8::1',
    'XFORWARD HELO=a+20b',
    'XFORWARD IDENT=ABC',
    'XFORWARD SOURCE=REMOTE',
    'MAIL FROM:<> BODY=8BITMIME ENVID=x',
    'RCPT TO:<b@example.net> NOTIFY=NEVER',
    'RCPT TO:<\u7528\u6237@example.net>',
  ])
  expect(told.envelope).toMatchObject({
    sender: '',
    recipients: ['b@example.net', 'c@example.net', '\u7528\u6237@example.net'],
  })
})

test('a message without a queue id has one of candy, the same each time', () => {
  const made = new MilterTransaction({}, bytes(['<>']), new Map())
  expect(made.id).toMatch(/^candy-[0-9a-f]{12}$/)
  expect(made.id).toBe(made.id)
})

describe('the Received on top', () => {
  const at = 'Sat, 28 Nov 2026 01:02:03 +0000 (UTC)'
  test.each<[string, Told, string]>([
    [
      'of a client',
      { connect: NETWORK, helo: 'hello' },
      `Received: from hello (mx.example.com [192.0.2.9])\r\n\tby mx.here (Postfix) with ESMTP id ABC\r\n\tfor <b@example.net>; ${at}\r\n`,
    ],
    [
      'of one without a name or greeting, for two',
      {
        connect: { ...NETWORK, hostname: '[2001:db8::1]', family: 'inet6', address: '2001:db8::1' },
        recipients: [['<b@example.net>'], ['<c@example.net>']],
      },
      `Received: from unknown (unknown [IPv6:2001:db8::1])\r\n\tby mx.here (Postfix) with ESMTP id ABC;\r\n\t${at}\r\n`,
    ],
    [
      'over TLS, logged in',
      {
        connect: NETWORK,
        helo: 'hello',
        macros: { '{tls_version}': 'TLSv1.3', '{cipher}': 'X', '{cipher_bits}': '256', '{auth_authen}': 'joe' },
      },
      `Received: from hello (mx.example.com [192.0.2.9])\r\n\t(using TLSv1.3 with cipher X (256/256 bits))\r\n\tby mx.here (Postfix) with ESMTPSA id ABC\r\n\tfor <b@example.net>; ${at}\r\n`,
    ],
    ['of sendmail(1)', { connect: LOCAL }, `Received: by mx.here (Postfix)\r\n\tid ABC; ${at}\r\n`],
    [
      'of a client that would end it',
      { connect: NETWORK, helo: 'a\r\n\r\nX: b\0' },
      `Received: from a????X: b? (mx.example.com [192.0.2.9])\r\n\tby mx.here (Postfix) with ESMTP id ABC\r\n\tfor <b@example.net>; ${at}\r\n`,
    ],
  ])('%s', (_, told, expected) => {
    expect(receivedField(transaction(told), DATE).toString()).toBe(expected)
  })
})
