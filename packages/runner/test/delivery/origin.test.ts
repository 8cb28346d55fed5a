/** Whose mail a message counts as, by what pipe(8) tells of its client. */
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { originOf } from '../../src/delivery/origin.js'

test("mail of sendmail(1) is local, and of this host's own addresses where Postfix has it so; all other is not", () => {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  expect(own.length).toBeGreaterThan(0)
  for (const { address } of own) expect(originOf(address, true)).toBe('LOCAL')
  for (const { address } of own) expect(originOf(address, false)).toBe('REMOTE')
  for (const ours of [true, false]) expect(originOf(undefined, ours)).toBe('LOCAL')
  for (const address of ['192.0.2.1', '2001:db8::1', '']) expect(originOf(address, true)).toBe('REMOTE')
})
