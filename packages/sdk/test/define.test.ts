import * as v from 'valibot'
import { expect, test } from 'vitest'
import { accept, defineFilter } from '../src/index.js'
import { testHost } from '../src/testing/index.js'

const options = v.object({ limit: v.number() })

test('a definition becomes plain data that a runner of any copy of this package can load', () => {
  const filter = defineFilter({ api: 1, name: 'size', options, create: () => ({ judge: () => accept() }) })
  expect(filter).toEqual({
    api: 1,
    name: 'size',
    rewrites: false,
    fields: [],
    sharedFields: [],
    options,
    create: expect.any(Function),
  })
  expect(Object.getPrototypeOf(filter)).toBe(Object.prototype)
})

test('create() passes the options on and has the definition as `this`', async () => {
  const filter = defineFilter({
    api: 1,
    name: 'size',
    rewrites: true,
    options,
    create({ limit }) {
      return { judge: () => ({ action: 'reject', text: `${this.name} ${limit}` }) }
    },
  })
  expect(filter.rewrites).toBe(true)
  const { judge } = await filter.create({ limit: 5 }, testHost())
  expect(Reflect.apply(judge, undefined, [])).toEqual({ action: 'reject', text: 'size 5' })
})
