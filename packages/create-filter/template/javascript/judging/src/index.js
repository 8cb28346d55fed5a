/** Refuses mail that is larger than a limit. */
import { accept, defineFilter, reject } from '@candy/sdk'
import * as v from 'valibot'

const options = v.object({
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 10_000_000),
})

/** @type {import('@candy/sdk').FilterPackage} */
export const filter = defineFilter({
  api: 1,
  name: '{{filter}}',
  options,
  create: ({ limit }) => ({
    // RFC 3463 section 3.3: the message length exceeds an administrative limit.
    judge: ({ size }) => (size > limit ? reject('too large', [2, 3]) : accept()),
  }),
})
