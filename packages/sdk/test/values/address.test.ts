import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAddress, printAddress, ValueError } from '../../src/values/index.js'

test.each([
  ['/run/clamd.sock', { path: '/run/clamd.sock' }],
  ['unix:/run/clamd.sock', { path: '/run/clamd.sock' }],
  ['unix:/with a blank:25', { path: '/with a blank:25' }],
  ['127.0.0.1:783', { host: '127.0.0.1', port: 783 }],
  ['tcp:127.0.0.1:783', { host: '127.0.0.1', port: 783 }],
  ['inet:mail.example.com:25', { host: 'mail.example.com', port: 25 }],
  ['localhost:25', { host: 'localhost', port: 25 }],
  ['my_host-1.example.:65535', { host: 'my_host-1.example.', port: 65_535 }],
  ['[2001:db8::1]:25', { host: '2001:db8::1', port: 25 }],
  ['tcp:[::1]:25', { host: '::1', port: 25 }],
  ['[fe80::1%eth0]:25', { host: 'fe80::1%eth0', port: 25 }],
])('%s is read, and printed so that it is read again', (text, address) => {
  expect(parseAddress(text)).toEqual(address)
  expect(parseAddress(printAddress(address))).toEqual(address)
})

test.each([
  ['', 'not an address: ""; write "unix:/path", "host:port" or "[2001:db8::1]:port"'],
  ['localhost', 'not an address: "localhost"; write'],
  ['unix:run/clamd.sock', 'not an absolute path: "run/clamd.sock"'],
  ['unix:', 'not an absolute path: ""'],
  ['unix:25', 'not an absolute path: "25"'],
  ['/run/a\0b', 'a NUL in the path of a socket'],
  [`/${'x'.repeat(107)}`, 'the path of a socket has at most 107 bytes (unix(7)), not 108'],
  [`/${'ü'.repeat(54)}`, 'the path of a socket has at most 107 bytes (unix(7)), not 109'],
  ['localhost:0', 'not a port: 0 (1 to 65535)'],
  ['localhost:65536', 'not a port: 65536 (1 to 65535)'],
  ['localhost:smtp', 'not an address: "localhost:smtp"; write'],
  [':25', 'not a host: ""; write'],
  ['tcp:25', 'not an address: "tcp:25"; write'],
  ['tcp:tcp:25', 'not a host: "tcp"; write'],
  ['tcp:/run/clamd.sock', 'not an address: "tcp:/run/clamd.sock"; write'],
  ['127.0.0.256:25', 'not a host: "127.0.0.256"; write'],
  ['1.2.3.4.5:25', 'not a host: "1.2.3.4.5"; write'],
  ['-a.example:25', 'not a host: "-a.example"; write'],
  ['a b:25', 'not a host: "a b"; write'],
  ['[127.0.0.1]:25', 'not a host: "127.0.0.1"; write'],
  ['[::g]:25', 'not a host: "::g"; write'],
  ['::1:25', 'did you mean "[::1]:25"?'],
  ['user@localhost:25', 'not a host: "user@localhost"; write'],
  [25, 'not an address: write'],
  [undefined, 'not an address: write'],
])('%j is refused: %s', (written, what) => {
  expect(() => parseAddress(written)).toThrow(ValueError)
  expect(() => parseAddress(written)).toThrow(what)
})

test('whatever is written is an address that can be printed and read again, or a ValueError', () => {
  const near = fc.stringMatching(/^(?:unix:|tcp:|inet:)?[[\]/:.%a0-9-]{0,20}(?::\d{1,6})?$/)
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: 'binary' }), fc.ipV6(), fc.domain(), fc.anything()), (written) => {
      try {
        const address = parseAddress(written)
        expect(parseAddress(printAddress(address))).toEqual(address)
      } catch (error) {
        if (!(error instanceof ValueError)) throw error
      }
    }),
  )
})
