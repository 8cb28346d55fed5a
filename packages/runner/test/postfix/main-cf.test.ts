/** Edits of main.cf leave every other byte alone, and are undone without a trace. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addParameters,
  prependTo,
  readValue,
  removeParameters,
  replaceValue,
  setsParameter,
  withoutWord,
} from '../../src/postfix/main-cf.js'
import { readShape } from './shapes.js'

const MAIN = readShape('plain.main.cf')
const OURS = [
  { name: 'candy_time_limit', value: '1000s' },
  { name: 'candy-lmtp_destination_recipient_limit', value: '1000' },
]
const NAMES = OURS.map(({ name }) => name)

const lines = fc
  .array(
    fc.constantFrom(
      'a = b',
      '  more',
      '# comment',
      '',
      '\t',
      'x=',
      'transport_maps = hash:/x',
      '   # inner',
      'candy',
      'y =\r',
    ),
    {
      maxLength: 12,
    },
  )
  .map((all) => all.join('\n'))

test('adding parameters and removing them again gives the same text, whatever the file', () => {
  fc.assert(
    fc.property(lines, (text) => {
      const added = addParameters(text, OURS)
      expect(added.startsWith(text)).toBe(true)
      for (const name of NAMES) expect(setsParameter(added, name)).toBe(true)
      expect(addParameters(added, OURS)).toBe(added)
      expect(removeParameters(added, NAMES, text === '' || text.endsWith('\n'))).toBe(text)
    }),
  )
})

test('a parameter that is already set, wherever in the file, is neither added nor changed', () => {
  const text = `candy_time_limit =\n  5s\n${MAIN}`
  expect(addParameters(text, OURS)).toBe(`${text}candy-lmtp_destination_recipient_limit = 1000\n`)
})

test('a parameter is taken out with its continuation lines and the comments in it, and nothing after it', () => {
  const text = 'a = 1\ncandy_time_limit = 1\n  2\n# inner\n  3\n\n# of b\nb = 2\n'
  expect(removeParameters(text, NAMES, true)).toBe('a = 1\n\n# of b\nb = 2\n')
})

test('a word goes before a list of several lines; the last setting counts', () => {
  expect(prependTo(MAIN, 'transport_maps', 'inline:{x}')).toBe(
    MAIN.replace('transport_maps =', 'transport_maps = inline:{x},'),
  )
  expect(prependTo('t = 1\nt = 2', 't', 'w')).toBe('t = 1\nt = w, 2')
  expect(prependTo('a = 1', 't', 'w')).toBe('a = 1\nt = w\n')
})

test('a value is read over its lines, and replaced in place, where it is set last', () => {
  const text = 'a = 1\nt = 1\n  2\n# inner\n\n  3\n\n# of b\nt =4'
  expect(readValue(text, 't')).toBe('4')
  expect(readValue(text.slice(0, -4), 't')).toBe('1 2 3')
  expect(readValue(text, 'x')).toBeUndefined()
  expect(replaceValue(text, 't', '5')).toBe('a = 1\nt = 1\n  2\n# inner\n\n  3\n\n# of b\nt = 5')
  expect(replaceValue('t = 1\n  2\nb = 2\n', 't', '5')).toBe('t = 5\nb = 2\n')
})

test('the word that was put in front of a list is removed again, whatever the file, and nothing else is', () => {
  fc.assert(
    fc.property(lines, (text) => {
      const word = 'inline:{a=b}'
      const put = prependTo(text, 'transport_maps', word)
      const ended = text === '' || text.endsWith('\n') || setsParameter(text, 'transport_maps')
      expect(withoutWord(put, 'transport_maps', word)).toBe(ended ? text : `${text}\n`)
      expect(withoutWord(text, 'transport_maps', word)).toBe(text)
    }),
  )
  expect(withoutWord('t =\n  hash:/x,\n  w, hash:/y\n', 't', 'w')).toBe('t =\n  hash:/x,\n  hash:/y\n')
})
