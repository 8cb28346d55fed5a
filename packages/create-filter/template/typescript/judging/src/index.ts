/** Refuses mail that is larger than a limit. */
import { accept, defineFilter, type FilterPackage, reject } from '@candy/sdk'
import { parseSize, valueFault } from '@candy/sdk/values'
import * as v from 'valibot'

/** A size as the operator writes it, `"25MiB"` say; in bytes once it is validated. */
const size = v.pipe(
  v.unknown(),
  v.check(
    (written) => valueFault(parseSize, written) === undefined,
    ({ input }) => `${valueFault(parseSize, input)}`,
  ),
  v.transform(parseSize),
)

const options = v.object({ limit: v.optional(size, '10MB') })

export const filter: FilterPackage = defineFilter({
  api: 1,
  name: '{{filter}}',
  options,
  create: ({ limit }) => ({
    // RFC 3463 section 3.3: the message length exceeds an administrative limit.
    judge: ({ size }) => (size > limit ? reject('too large', [2, 3]) : accept()),
  }),
})
