import { backend } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { learn } from '../src/index.js'
import { fakeSpamd, type SeenRequest } from './fake-spamd.js'

const MAIL = Buffer.from('Subject: x\r\n\r\nbody \xff\r\n', 'latin1')

test('a message is sent whole, and what spamd did is told', async () => {
  const seen: SeenRequest[] = []
  await using spamd = await backend({
    script: fakeSpamd((request) => {
      seen.push(request)
      return 'SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n\r\n'
    }),
  })
  await expect(learn(`unix:${spamd.address}`, MAIL, 'spam', { user: 'jane' })).resolves.toBe(true)
  expect(seen[0]).toMatchObject({ command: 'TELL SPAMC/1.5', body: MAIL })
  expect(seen[0]?.headers).toContain('User: jane')
})

test('a spamd without --allow-tell says so in the error', async () => {
  const refusal = 'SPAMD/1.0 69 Service Unavailable: TELL commands are not enabled, set the --allow-tell switch.\r\n'
  await using spamd = await backend({ script: fakeSpamd(() => refusal) })
  await expect(learn(spamd.address, MAIL, 'ham')).rejects.toMatchObject({
    code: 'SCANNER_UNREACHABLE',
    message: expect.stringContaining('--allow-tell'),
  })
})

test('an abort ends it', async () => {
  await using spamd = await backend({ script: 'hang' })
  const signal = AbortSignal.timeout(50)
  await expect(learn(spamd.address, MAIL, 'forget', { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('what is no address is refused', async () => {
  await expect((async () => learn('spamd', MAIL, 'ham'))()).rejects.toMatchObject({ code: 'CONFIG' })
})
