import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const FILE = fileURLToPath(new URL('../fixtures/node-test/footer.mjs', import.meta.url))

test('the suite as it is published runs under node:test, and fails there by name', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const tap = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--test', '--test-reporter=tap', FILE], { env }, (_failed, stdout) => resolve(stdout))
  })
  const failed = [...tap.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name]) => name)
  expect(tap).toMatch(/^ *ok \d+ - contract: ends its reading of the message when its content was read or broken off$/m)
  expect(tap).toContain('unknown action: discard')
  expect(failed).toEqual(['broken contract: returns verdicts that runners accept'])
})
