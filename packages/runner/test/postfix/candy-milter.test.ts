/** What candy is as a milter depends on the version of Postfix and on who speaks to it. */
import { expect, test } from 'vitest'
import { candyMilter, isCandyMilter } from '../../src/postfix/candy-milter.js'

test.each([
  ['3.4.23', 'smtpd', 'tempfail'],
  ['3.10.13', 'smtpd', 'tempfail'],
  ['3.11.0', 'smtpd', 'shutdown'],
  ['3.12-20260821', 'smtpd', 'shutdown'],
  ['4.0.0', 'smtpd', 'shutdown'],
  // Mail from sendmail(1) has no session that could end.
  ['3.11.0', 'cleanup', 'tempfail'],
])('Postfix %s, %s: after a failure %s', (version, command, action) => {
  const value = candyMilter({ version }, { command })
  expect(value).toContain(`default_action=${action},`)
  expect(isCandyMilter(value)).toBe(true)
})

test('candy is known by its address, whatever settings somebody has given it', () => {
  expect(isCandyMilter('unix:candy/milter')).toBe(true)
  expect(isCandyMilter('{unix:candy/milter,content_timeout=100s}')).toBe(true)
  expect(isCandyMilter('{ unix:candy/milters }')).toBe(false)
  expect(isCandyMilter('')).toBe(false)
})
