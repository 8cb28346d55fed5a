import { expect, test } from 'vitest'
import { parseDuration, valueProblem } from '../../src/values/index.js'

test('the problem of a value is the message of its parser, and a value that the parser accepts has none', () => {
  expect(valueProblem(parseDuration, '60s')).toBeUndefined()
  expect(valueProblem(parseDuration, 60)).toBe('60 has no unit; did you mean "60s"?')
})

test('an error of a broken parser is thrown, since the value did not cause it', () => {
  const broken = () => {
    throw new TypeError('broken')
  }
  expect(() => valueProblem(broken, '60s')).toThrow(TypeError)
})
