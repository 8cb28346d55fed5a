import { expect, test } from 'vitest'
import { plainValue, readDropIn } from '../../src/testing/drop-in.js'

const at = (text: string) =>
  readDropIn(text).map((key) => `${key.line}${key.inForce ? '' : '#'} ${key.path.join('.')} ${key.value}`)

test('keys are read in their tables, live or commented out', () => {
  expect(
    at(
      'filter = "x"\r\n[options]\na = 1\n# b = "two"\n#c = [3]\n  [options.deep] # more\nd.e = true\n# [options.f]\n# g = -1\n',
    ),
  ).toMatchInlineSnapshot(`
    [
      "1 filter "x"",
      "3 options.a 1",
      "4# options.b "two"",
      "5# options.c [3]",
      "7 options.deep.d.e true",
      "9# options.f.g -1",
    ]
  `)
})

test('prose is no key, and neither are further lines of a value', () => {
  expect(at('# size = how large\n# note: a = 1\na = [\n  1,\n]\n# == 3\n')).toMatchInlineSnapshot(`
    [
      "3 a [",
    ]
  `)
})

test('a comment after a value is not part of it', () => {
  expect(at('a = "# no" # yes\nb = \'#\'#\nc = ["a#b", 1] # d')).toMatchInlineSnapshot(`
    [
      "1 a "# no"",
      "2 b '#'",
      "3 c ["a#b", 1]",
    ]
  `)
})

test.each([
  ['"a\\"b"', 'a"b'],
  ["'a\\b'", 'a\\b'],
  ['1_000', 1000],
  ['-2.5', -2.5],
  ['true', true],
  ['["a", "b",]', ['a', 'b']],
  ['0x10', undefined],
  ['{ a = 1 }', undefined],
])('the plain value of %s is read', (value, expected) => {
  expect(plainValue({ path: [], value, inForce: true, line: 1 })).toEqual(expected)
})
