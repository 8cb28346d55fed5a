/** Whose mail a message counts as, by what pipe(8) tells of its client. */
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { originOf } from '../../src/front/origin.js'

test("mail of this host's own addresses, and of sendmail(1), is local; all other is not", () => {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  expect(own.length).toBeGreaterThan(0)
  for (const { address } of own) expect(originOf(address)).toBe('LOCAL')
  expect(originOf(undefined)).toBe('LOCAL')
  for (const address of ['192.0.2.1', '2001:db8::1', '']) expect(originOf(address)).toBe('REMOTE')
})
