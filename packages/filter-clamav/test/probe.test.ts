import { collect } from '@candy/sdk'
import { expect, test } from 'vitest'
import { messageOfSize } from '../src/probe.js'

test.each([0, 1, 150, 65_536, 1_000_003])('a probe of %i bytes has exactly that size', async (size) => {
  expect((await collect(messageOfSize(size))).length).toBe(size)
})

test('a probe is one attachment in base64, so that clamd decodes it', async () => {
  const text = Buffer.from(await collect(messageOfSize(200_000))).toString('latin1')
  expect(text).toMatch(/^Subject: probe\r\n(?:[\w-]+: [^\r\n]+\r\n)+\r\n(?:A{76}\r\n)+A*\r?\n?$/)
  expect(text).toContain('Content-Transfer-Encoding: base64')
})
