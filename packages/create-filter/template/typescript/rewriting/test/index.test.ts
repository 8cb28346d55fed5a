import { contract, message, run, testHost } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { filter } from '../src/index.js'

contract({ test, filter, dropIn: new URL('../filters.d/80-{{filter}}.toml', import.meta.url) })

test('a plain text gets the footer', async () => {
  const { output } = await run(
    await filter.create({ text: 'Bye.' }, testHost()),
    message('Subject: lunch\n\nat noon?\n'),
  )
  expect(Buffer.from(output ?? []).toString()).toBe('Subject: lunch\r\n\r\nat noon?\r\n\r\nBye.\r\n')
})

test.each(['Content-Type: multipart/mixed; boundary=x', 'DKIM-Signature: v=1'])('%s: left alone', async (field) => {
  const { verdict } = await run(await filter.create({ text: 'Bye.' }, testHost()), message(`${field}\n\nat noon?\n`))
  expect(verdict).not.toHaveProperty('content')
})
