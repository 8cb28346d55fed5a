import { expect, test } from 'vitest'
import { isDomain, parseMailAddress } from '../../src/chain/mail-address.js'

test.each([
  ['a@example.org', 'a', 'example.org'],
  ['postmaster', 'postmaster', undefined],
  ["o'neil+tag=x/y!z%q*&#$^_`{|}~?@example.org", "o'neil+tag=x/y!z%q*&#$^_`{|}~?", 'example.org'],
  ['"john doe"@example.org', '"john doe"', 'example.org'],
  ['"a\\"b@c<d>,\\\\"@example.org', '"a\\"b@c<d>,\\\\"', 'example.org'],
  ['""@example.org', '""', 'example.org'],
  ['jörg@exämple.com', 'jörg', 'exämple.com'],
  ['"jörg müller"@例え.jp', '"jörg müller"', '例え.jp'],
  ['用户@例子.广告', '用户', '例子.广告'],
  ['👋@example.org', '👋', 'example.org'],
  ['a..b.@docomo.example', 'a..b.', 'docomo.example'],
  ['a@[192.0.2.1]', 'a', '[192.0.2.1]'],
  ['a@[IPv6:2001:db8::1]', 'a', '[IPv6:2001:db8::1]'],
  ['a@some_host.example.', 'a', 'some_host.example.'],
])('%s is an address', (text, local, domain) => {
  expect(parseMailAddress(text)).toEqual({ local, domain })
})

test.each([
  'not an address',
  '',
  '@example.org',
  'a@',
  'a@b@c',
  'a,b@example.org',
  'a@example.org,b@example.org',
  '<a@example.org>',
  'A <a@example.org>',
  '"a@example.org',
  '"a"b@example.org',
  'a@.example.org',
  'a@exa mple.org',
  'a@[192.0.2.1',
  'a@example.org\n',
  'a\u0000b@example.org',
  '"a\rb"@example.org',
  'a\u00a0b@example.org',
])('%j is none', (text) => {
  expect(parseMailAddress(text)).toBeUndefined()
})

test('a domain is one with or without an address before it', () => {
  for (const domain of ['example.org', 'exämple.com', '[192.0.2.1]']) expect(isDomain(domain)).toBe(true)
  for (const text of ['', '.example.org', 'a@example.org', '*.example.org', 'a b']) expect(isDomain(text)).toBe(false)
})
