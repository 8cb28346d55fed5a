import { contract, message, run, testHost } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { filter } from '../src/index.js'

contract({ test, filter, dropIn: new URL('../filters.d/20-{{filter}}.toml', import.meta.url) })

const letter = message('Subject: lunch\n\nat noon?\n')

test('a message of the limit passes', async () => {
  const judging = await filter.create({ limit: letter.size }, testHost())
  expect((await run(judging, letter)).verdict).toMatchObject({ action: 'accept' })
})

test('a larger one does not', async () => {
  const judging = await filter.create({ limit: letter.size - 1 }, testHost())
  expect((await run(judging, letter)).verdict).toMatchObject({ action: 'reject', text: 'too large' })
})
