import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Address, parseAddress, printAddress } from '../../src/clamd/address.js'

test.each<[string, Address]>([
  ['/var/run/clamav/clamd.ctl', { path: '/var/run/clamav/clamd.ctl' }],
  ['unix:/run/clamd.scan/clamd.sock', { path: '/run/clamd.scan/clamd.sock' }],
  ['tcp:scanner.example.com:3310', { host: 'scanner.example.com', port: 3310 }],
  ['127.0.0.1:3310', { host: '127.0.0.1', port: 3310 }],
  ['[::1]:3310', { host: '::1', port: 3310 }],
  ['tcp:[fe80::1%eth0]:3310', { host: 'fe80::1%eth0', port: 3310 }],
])('%s is read and printed back', (text, address) => {
  expect(parseAddress(text)).toEqual(address)
  expect(parseAddress(printAddress(address))).toEqual(address)
})

test.each([
  ['', /not an address: ""/],
  ['localhost', /"host:port"/],
  ['localhost:', /not an address/],
  ['localhost:0', /not an address/],
  ['localhost:65536', /not an address/],
  ['::1:3310', /"\[::1\]:port"/],
  ['unix:run/clamd.sock', /not an absolute path/],
  ['clamd.ctl', /not an address/],
  ['/a\0b', /NUL/],
  [`/${'x'.repeat(107)}`, /at most 107 bytes/],
])('%j is refused', (text, message) => {
  expect(() => parseAddress(text)).toThrow(TypeError)
  expect(() => parseAddress(text)).toThrow(message)
})

test('any text is either refused with a TypeError or survives being printed and read again', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^(tcp:|unix:)?[[\]/a-c:0-9.%]*$/))
  fc.assert(
    fc.property(text, (input) => {
      let address: Address
      try {
        address = parseAddress(input)
      } catch (error) {
        return error instanceof TypeError
      }
      expect(parseAddress(printAddress(address))).toEqual(address)
      return true
    }),
  )
})
