import { expect, test } from 'vitest'
import { namesFor } from '../src/name.js'

test.each([
  ['size', 'candy-filter-size', 'size', 'candy-filter-size'],
  ['candy-filter-size', 'candy-filter-size', 'size', 'candy-filter-size'],
  ['filter-size', 'filter-size', 'size', 'filter-size'],
  ['@you/filter-size', '@you/filter-size', 'size', 'filter-size'],
  ['@you/size', '@you/size', 'size', 'size'],
  ['no-spam-2', 'candy-filter-no-spam-2', 'no-spam-2', 'candy-filter-no-spam-2'],
  ['filter', 'candy-filter-filter', 'filter', 'candy-filter-filter'],
])('%s is the package %s with the filter %s in %s', (typed, name, filter, folder) => {
  expect(namesFor(typed)).toEqual({ package: name, filter, folder })
})

test.each([
  '',
  '.',
  '..',
  '../up',
  '/etc/passwd',
  'a/b',
  '@a/b/c',
  '@/a',
  '@a/',
  '@a/..',
  'a b',
  'Size',
  'größe',
  '-x',
  'x-',
  'a--b',
  "a'b",
  'a"b',
  'a`b',
  'a$b',
  'a\nb',
  'a\n',
  'a\0b',
  '{{filter}}',
  'a;rm',
  'node_modules',
  'x'.repeat(101),
])('%j is no name', (typed) => {
  expect(namesFor(typed)).toBeUndefined()
})
