import { expect, test } from 'vitest'
import { kindOf } from '../../src/doctor/deferred-mail.js'

const unavailable = (id: string): string =>
  `host mx[candy/lmtp] said: 451 4.3.0 content filter unavailable (${id}) (in reply to end of DATA command)`

test.each([
  ['ids of candy', unavailable('candy-0f3a12bcd345'), unavailable('candy-123456789012')],
  ['long queue ids', unavailable('4jblgW1yTrzJHfH'), unavailable('4jblgW2F59zJHfS')],
  ['short queue ids', unavailable('12DC320E122'), unavailable('F26542105FA')],
  ['numbers', 'connection refused: port 1', 'connection refused: port 25'],
])('reasons that differ in %s only are of one kind', (_, one, other) => {
  expect(kindOf(one)).toBe(kindOf(other))
})

test('other words are another kind', () => {
  expect(kindOf('451 4.3.0 content filter unavailable')).not.toBe(kindOf('451 4.7.1 not yet'))
  expect(kindOf('Bayes says so')).not.toBe(kindOf('Razor says so'))
})
