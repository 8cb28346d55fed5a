/** `candy serve` where it cannot start. */
import { expect, test } from 'vitest'
import { candy, site } from './candy.js'

test('on a host where candy was never enabled it says how that is done', () => {
  const directory = site({ 'candy.toml': 'state = "/nowhere/candy"\n' })
  const { status, stderr } = candy(['-c', directory, 'serve'])
  expect(status).toBe(78)
  expect(stderr).toMatch(new RegExp(`^/nowhere/candy: no such directory. "candy -c ${directory} enable" makes it`))
})
