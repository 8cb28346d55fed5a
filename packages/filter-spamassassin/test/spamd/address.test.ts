import { expect, test } from 'vitest'
import { parseAddress, printAddress } from '../../src/spamd/address.js'

test.each([
  ['/run/spamd.sock', { path: '/run/spamd.sock' }, '/run/spamd.sock'],
  ['unix:/run/spamd.sock', { path: '/run/spamd.sock' }, '/run/spamd.sock'],
  ['127.0.0.1:783', { host: '127.0.0.1', port: 783 }, '127.0.0.1:783'],
  ['spam.example.com:1783', { host: 'spam.example.com', port: 1783 }, 'spam.example.com:1783'],
  ['[::1]:783', { host: '::1', port: 783 }, '[::1]:783'],
  ['[fe80::1%eth0]:783', { host: 'fe80::1%eth0', port: 783 }, '[fe80::1%eth0]:783'],
])('%s is read', (text, address, printed) => {
  expect(parseAddress(text)).toEqual(address)
  expect(printAddress(address)).toBe(printed)
  expect(parseAddress(printed)).toEqual(address)
})

test.each([
  '',
  'spamd',
  '127.0.0.1',
  '::1:783',
  '[::1]',
  'host:0',
  'host:65536',
  'host:783 ',
  'unix:run/spamd',
  'unix:783',
  '/a\0b',
])('%j is no address', (text) => {
  expect(() => parseAddress(text)).toThrow(RangeError)
})

test('a path that does not fit into a socket address is refused', () => {
  expect(parseAddress(`/${'x'.repeat(106)}`)).toHaveProperty('path')
  expect(() => parseAddress(`/${'x'.repeat(107)}`)).toThrow('at most 107 bytes')
  expect(() => parseAddress(`/${'ü'.repeat(54)}`)).toThrow('at most 107 bytes')
})
