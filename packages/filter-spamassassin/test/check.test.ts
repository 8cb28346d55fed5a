import { backend, testContext } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { fakeSpamd, PONG, type SeenRequest } from './fake-spamd.js'
import { makeFilter } from './make-filter.js'

const HEADERS = 'X-Spam-Checker-Version: SpamAssassin 4.0.1 (2024-03-26) on mx\r\n\r\n'
const PROBED = `SPAMD/1.1 0 EX_OK\r\nContent-length: ${HEADERS.length}\r\nSpam: False ; 1.0 / 5.0\r\n\r\n${HEADERS}`

const well = (request: SeenRequest) => (request.command.startsWith('PING') ? PONG : PROBED)

async function check(addresses: readonly string[], signal = AbortSignal.timeout(5_000)) {
  const checking = await makeFilter({ addresses, user: 'jane' })
  return await checking.check?.(testContext({ signal }))
}

test('a spamd that scans is ok, with its version', async () => {
  const seen: SeenRequest[] = []
  const script = fakeSpamd((request) => {
    seen.push(request)
    return well(request)
  })
  await using spamd = await backend({ script })
  expect(await check([spamd.address])).toEqual({
    ok: true,
    text: `SpamAssassin 4.0.1 answers at unix:${spamd.address}`,
    details: { [`unix:${spamd.address}`]: 'SpamAssassin 4.0.1' },
  })
  expect(seen.map(({ command }) => command)).toEqual(['PING SPAMC/1.5', 'HEADERS SPAMC/1.5'])
  expect(seen[1]?.headers).toContain('User: jane')
})

test('a spamd that answers a PING and no message is not ok', async () => {
  await using spamd = await backend({
    script: fakeSpamd((request) => (request.command.startsWith('PING') ? PONG : [])),
  })
  expect(await check([spamd.address])).toMatchObject({
    ok: false,
    text: expect.stringMatching(
      /^spamd at unix:\/\S+: closed without an answer; does --allowed-ips of spamd name this host,/,
    ),
  })
})

test('while one of several works, the result is ok, and the others are named', async () => {
  await using good = await backend({ script: fakeSpamd(well) })
  await using bad = await backend({ script: 'refuse' })
  const health = await check([bad.address, good.address])
  expect(health).toMatchObject({
    ok: true,
    details: { [`unix:${bad.address}`]: 'no answer', [`unix:${good.address}`]: 'SpamAssassin 4.0.1' },
  })
  expect(health?.text).toMatch(/^spamd at unix:\/\S+: .*; SpamAssassin 4.0.1 answers at unix:/)
})

test('a hanging spamd is reported, and not thrown', async () => {
  await using spamd = await backend({ script: 'hang' })
  expect(await check([spamd.address], AbortSignal.timeout(100))).toMatchObject({ ok: false })
})
