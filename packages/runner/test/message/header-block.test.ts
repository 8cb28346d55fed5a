import { describe, expect, test } from 'vitest'
import { MAX_FIELDS, MAX_HEADER_BYTES, readHeaderBlock } from '../../src/message/header-block.js'
import { chunks } from '../support.js'

async function blockOf(message: string, size = 65_536): Promise<string> {
  const parts = Array.from({ length: Math.ceil(message.length / size) }, (_, n) =>
    message.slice(n * size, (n + 1) * size),
  )
  return Buffer.from(await readHeaderBlock(chunks(...parts))).toString('latin1')
}

const beyond = expect.objectContaining({ code: 'HEADER_LIMIT' })

describe('a header block', () => {
  test.each([1, 7, 65_536])('ends where cleanup(8) ends it, in chunks of %d', async (size) => {
    for (const [header, rest] of [
      ['A: 1\r\n b\r\nC: 2\r\n', '\r\nD: 3\r\n\r\n'],
      ['A: 1\r\n', 'no field\r\nB: 2\r\n\r\n'],
      ['A: 1\r\n', ''],
      ['', '\r\nA: 1\r\n\r\n'],
      ['', ''],
    ] as const) {
      expect(await blockOf(header + rest, size)).toBe(header)
    }
  })

  test('has at most so many fields', async () => {
    const most = 'A:\r\n b\r\n'.repeat(MAX_FIELDS)
    expect(await blockOf(`${most}\r\nbody`)).toBe(most)
    await expect(blockOf(`${most}A:\r\n\r\nbody`)).rejects.toEqual(beyond)
  })

  test('has at most so many bytes, in one field or in several', async () => {
    const line = (size: number): string => `A:${'x'.repeat(size - 4)}\r\n`
    const most = line(MAX_HEADER_BYTES)
    expect(await blockOf(`${most}\r\nbody`)).toBe(most)
    await expect(blockOf(`${line(MAX_HEADER_BYTES + 1)}\r\n`)).rejects.toEqual(beyond)
    await expect(blockOf(line(1000).repeat(10_000))).rejects.toEqual(beyond)
    await expect(blockOf(line(10_000_000))).rejects.toEqual(beyond)
  })

  test('is found in a body of any size without a line end', async () => {
    expect(await blockOf(`A: 1\r\n${'x'.repeat(3_000_000)}`)).toBe('A: 1\r\n')
  })

  test('of millions of fields is given up within CPU time that fits its limit', async () => {
    const flood = Array.from({ length: 160 }, () => 'a:\r\n'.repeat(16_384))
    const started = process.cpuUsage()
    await expect(readHeaderBlock(chunks(...flood))).rejects.toEqual(beyond)
    const { user, system } = process.cpuUsage(started)
    // 0.02 s.
    expect((user + system) / 1e6).toBeLessThan(0.4)
  })
})
