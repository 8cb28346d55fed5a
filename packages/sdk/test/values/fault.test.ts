import { expect, test } from 'vitest'
import { parseDuration, valueFault } from '../../src/values/index.js'

test('the fault of a value is what its parser says, and a value that is taken has none', () => {
  expect(valueFault(parseDuration, '60s')).toBeUndefined()
  expect(valueFault(parseDuration, 60)).toBe('60 has no unit; did you mean "60s"?')
})

test('a parser that is broken is no fault of the value', () => {
  const broken = () => {
    throw new TypeError('broken')
  }
  expect(() => valueFault(broken, '60s')).toThrow(TypeError)
})
