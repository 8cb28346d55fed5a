import { expect, test } from 'vitest'
import { isAboutMessage } from '../../src/delivery/next-hop-reply.js'

test.each([
  [552, '5.3.4 Message size exceeds fixed limit', true],
  [550, '5.6.7 SMTPUTF8 is required, but was not offered', true],
  [553, '5.6.7 non-ASCII addresses not permitted', true],
  [554, '5.6.0 message content rejected', true],
  [554, '5.4.0 Error: too many hops', true],
  [554, '5.4.6 Too many hops 26 (25 max)', true],
  [501, '5.1.3 Bad recipient address syntax', true],
  [501, '5.1.7 Bad sender address syntax', true],
  [550, '5.2.3 message length exceeds administrative limit', true],
  [554, '5.3.4 message too big', true],
  [550, '5.4.0 something about the network', false],
  [550, '5.4.1 Recipient address rejected: Access denied', false],
  [501, '5.5.4 Unsupported option', false],
  [550, '5.7.1 relaying denied', false],
  [550, '5.1.1 no such user', false],
  [554, '5.5.1 no valid recipients', false],
  [552, '5.2.2 mailbox full', false],
  [452, '4.3.1 insufficient storage', false],
  [554, 'go away', false],
  [451, '5.6.7 a liar', false],
])('the reply %d %s is about the message: %s', (code, line, about) => {
  expect(isAboutMessage({ code, lines: [line] })).toBe(about)
})
