import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { concat, defineFilter, fromString, rewrite } from '../../src/index.js'
import { type ContractOptions, contract } from '../../src/testing/index.js'
import { BACKEND_FAILURES } from './contract/broken/backend-failures.js'
import { HEALTH } from './contract/broken/health.js'
import { JUDGING } from './contract/broken/judging.js'
import { LEARNING } from './contract/broken/learning.js'
import { READING } from './contract/broken/reading.js'
import { REWRITING } from './contract/broken/rewriting.js'
import { answer, scanner } from './contract/daemon.js'

const BROKEN = [...JUDGING, ...HEALTH, ...LEARNING, ...READING, ...BACKEND_FAILURES, ...REWRITING]

type Body = () => Promise<void>

/** The checks that `contract` registers, which have not been run yet. */
function checks(subject: Omit<ContractOptions, 'test'>): Map<string, Body> {
  const found = new Map<string, Body>()
  contract({ ...subject, test: (name, body) => found.set(name.replace('contract: ', ''), body) })
  return found
}

const address = (backend: { address: string }) => ({ address: backend.address })

describe('a correct filter', () => {
  contract({ test, filter: scanner(), backend: answer, options: address })
})

describe('a correct filter that rewrites', () => {
  const filter = defineFilter({
    api: 1,
    name: 'footer',
    rewrites: true,
    options: v.object({ text: v.optional(v.string(), '--') }),
    create: ({ text }) => ({ judge: (mail) => rewrite(() => concat(mail.open(), fromString(`${text}\r\n`))) }),
  })
  contract({ test, filter })
})

describe('a filter broken on purpose', () => {
  test('there is one for each check', () => {
    const needsBackend = checks({ filter: scanner(), backend: answer, options: address })
    const rewrites = checks({ filter: { ...scanner(), rewrites: true }, options: {} })
    const [registered, broken] = [
      new Set([...needsBackend.keys(), ...rewrites.keys()]),
      BROKEN.map(({ check }) => check),
    ]
    expect([...registered].filter((name) => !broken.includes(name))).toEqual([])
  })

  test.each(BROKEN.map((broken) => [broken.check, broken.how, broken] as const))(
    'fails "%s": %s',
    async (_check, _how, { check, subject, says }) => {
      const body = checks(subject).get(check)
      expect(body, 'the check is registered').toBeDefined()
      await expect(body?.()).rejects.toThrow(says)
    },
  )
})
