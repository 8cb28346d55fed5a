import { expect, test } from 'vitest'
import { withTypedInstance } from '../../src/cli/typed-instance.js'
import { candy, site } from './candy.js'

test.each([
  ['/srv/mail', 'no quarantine; "candy -c /srv/mail enable" makes it'],
  ["/srv/a 'mail' $1", `no quarantine; "candy -c '/srv/a '\\''mail'\\'' $1' enable" makes it`],
  [undefined, 'no quarantine; "candy enable" makes it'],
])('a suggested command is about the Postfix that was named: %s', (config, text) => {
  expect(withTypedInstance('no quarantine; "candy enable" makes it', config)).toBe(text)
})

test('what names an instance, or is no command, stays as it is', () => {
  const text = 'the "candy -c /b list" of candy, the account "candy", and "candy-in"'
  expect(withTypedInstance(text, '/a')).toBe(text)
})

test('an error, its JSON and what status says suggest commands for that Postfix', () => {
  const directory = site({ 'master.cf': 'smtp inet n - y - - smtpd\n', 'main.cf': '' })
  const suggested = `"candy -c ${directory} enable`
  expect(candy(['-c', directory, 'mode', 'pipe']).stderr).toContain(suggested)
  expect(JSON.parse(candy(['quarantine', 'list', '--json', '-c', directory]).stdout).error.text).toContain(suggested)
  expect(candy(['status', '-c', directory]).stderr).toContain(suggested)
  expect(candy(['list', '-c', directory]).stderr).toContain(suggested)
})
