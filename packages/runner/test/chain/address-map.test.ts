import { expect, test } from 'vitest'
import { AddressMap } from '../../src/chain/address-map.js'

const map = new AddressMap([
  ['Postmaster@Example.org', 'address'],
  ['example.org', 'domain'],
  ['.example.org', 'below'],
  ['.deep.example.org', 'deeper'],
  ['[192.0.2.1]', 'literal'],
  ['"a b"@example.org', 'quoted'],
])
const withRest = new AddressMap([
  ['example.org', 'domain'],
  ['*', 'rest'],
])

test.each([
  ['postmaster@example.org', 'address'],
  ['POSTMASTER@EXAMPLE.ORG', 'address'],
  ['"postmaster"@example.org', 'address'],
  ['"post\\master"@example.org.', 'address'],
  ['postmaster+box@example.org', 'domain'],
  ['postmaster@mx.example.org', 'below'],
  ['a@example.org.', 'domain'],
  ['"x@y"@example.org', 'domain'],
  ['a@mx.mx.example.org', 'below'],
  ['a@deep.example.org', 'below'],
  ['a@mx.deep.example.org', 'deeper'],
  ['a@badexample.org', undefined],
  ['a@org', undefined],
  ['a@[192.0.2.1]', 'literal'],
  ['"a b"@example.org', 'quoted'],
  ['example.org', undefined],
  ['', undefined],
])('%s finds %s', (address, expected) => {
  expect(map.find(address)).toBe(expected)
})

test('* is for all others, those without a domain too', () => {
  const found = ['a@example.org', 'a@example.net', 'postmaster', '*'].map((address) => withRest.find(address))
  expect(found).toEqual(['domain', 'rest', 'rest', 'rest'])
})
