/** What a filter's author may rely on the compiler for. What it says when it refuses is in compile-errors.test.ts. */
import type { Readable } from 'node:stream'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import {
  accept,
  type Bytes,
  defineFilter,
  type Filter,
  type FilterDefinition,
  type FilterPackage,
  type Judgement,
  quarantine,
  type Rewrite,
  reject,
  rewrite,
  type StandardSchemaV1,
  type Verdict,
} from '../src/index.js'

describe('options', () => {
  test('are inferred from a valibot schema, as they are after validation', () => {
    const options = v.object({
      limit: v.optional(v.pipe(v.string(), v.transform(Number)), '1'),
      name: v.optional(v.string()),
    })
    defineFilter({
      api: 1,
      name: 'size',
      options,
      create: (given) => {
        expectTypeOf(given).toEqualTypeOf<{ limit: number; name?: string | undefined }>()
        return { judge: () => accept() }
      },
    })
  })

  test('are inferred from a zod schema', () => {
    defineFilter({
      api: 1,
      name: 'size',
      options: z.object({ limit: z.coerce.number(), fields: z.array(z.string()).default([]) }),
      create: (given) => {
        expectTypeOf(given).toEqualTypeOf<{ limit: number; fields: string[] }>()
        return { judge: () => accept() }
      },
    })
  })

  test('are erased from the package, so that its type can be written down', () => {
    const filter = defineFilter({ api: 1, name: 'a', options: v.object({}), create: () => ({ judge: () => accept() }) })
    expectTypeOf(filter).toEqualTypeOf<FilterPackage>()
    expectTypeOf(filter.create).parameter(0).toBeUnknown()
  })

  test('any schema of the standard will do', () => {
    expectTypeOf(v.object({ a: v.string() })).toExtend<StandardSchemaV1>()
    expectTypeOf(z.object({ a: z.string() })).toExtend<StandardSchemaV1>()
    expectTypeOf<{ parse(value: unknown): string }>().not.toExtend<StandardSchemaV1>()
  })
})

describe('verdicts', () => {
  test('makers give members of the union', () => {
    expectTypeOf(accept()).toExtend<Judgement>()
    expectTypeOf(reject('no')).toExtend<Judgement>()
    expectTypeOf(quarantine('hm', [7, 1])).toExtend<Judgement>()
    expectTypeOf(rewrite).returns.toEqualTypeOf<Rewrite>()
  })

  test('content is for filters that rewrite alone', () => {
    expectTypeOf<Rewrite>().toExtend<Verdict>()
    expectTypeOf<Rewrite>().not.toExtend<Judgement>()
    expectTypeOf<Judgement>().toExtend<Verdict>()
    type Creates<R extends boolean> = Awaited<ReturnType<FilterDefinition<StandardSchemaV1, R>['create']>>
    expectTypeOf<Creates<true>>().toEqualTypeOf<Filter<Verdict>>()
    expectTypeOf<Creates<false>>().toEqualTypeOf<Filter<Judgement>>()
  })

  test('a filter that rewrites need not do so each time', () => {
    defineFilter({
      api: 1,
      name: 'footer',
      rewrites: true,
      options: v.object({}),
      create: async () => ({
        judge: async (message) => (message.size > 0 ? rewrite(() => message.open()) : reject('empty')),
      }),
    })
  })

  test('content is told apart by its presence', () => {
    const verdict = accept() as Verdict
    if ('content' in verdict) expectTypeOf(verdict.content).toEqualTypeOf<() => Bytes>()
    else if (verdict.action !== 'accept') expectTypeOf(verdict.text).toBeString()
  })
})

describe('bytes', () => {
  test('Node.js streams, web streams and generators are all bytes', () => {
    expectTypeOf<Readable>().toExtend<Bytes>()
    expectTypeOf<ReadableStream<Uint8Array>>().toExtend<Bytes>()
    expectTypeOf<AsyncGenerator<Buffer>>().toExtend<Bytes>()
    expectTypeOf<AsyncGenerator<string>>().not.toExtend<Bytes>()
  })
})
