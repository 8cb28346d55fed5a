/** A filter that rejects mail that is larger than a limit. */
import { accept, defineFilter, reject } from '@candy/sdk'
import { parseSize, valueProblem } from '@candy/sdk/values'
import * as v from 'valibot'

/** The operator writes a size with its unit; the validated option is a number of bytes. */
const sizeOption = v.pipe(
  v.unknown(),
  v.check(
    (value) => valueProblem(parseSize, value) === undefined,
    ({ input }) => `${valueProblem(parseSize, input)}`,
  ),
  v.transform(parseSize),
)

const options = v.object({ limit: v.optional(sizeOption, '10MB') })

/** @type {import('@candy/sdk').FilterPackage} */
export const filter = defineFilter({
  // The version of the interface between filters and @candy/sdk.
  api: 1,
  name: '{{filter}}',
  options,
  create: ({ limit }) => ({
    // The runner calls judge once for each message. judge returns the verdict.
    // [2, 3] is the status code 5.2.3 of RFC 3463, "message length exceeds administrative limit"; the runner adds the class 5.
    judge: ({ size }) => (size > limit ? reject('too large', [2, 3]) : accept()),
  }),
})
