/** What an operator can write under `[options]`: sizes with their units, as everywhere in a drop-in. */
import { parseSize, valueProblem } from '@candy/sdk/values'
import * as v from 'valibot'

/** A size as the operator writes it, `"25MiB"` say; in bytes once it is validated. */
const size = v.pipe(
  v.unknown(),
  v.check(
    (written) => valueProblem(parseSize, written) === undefined,
    ({ input }) => `${valueProblem(parseSize, input)}`,
  ),
  v.transform(parseSize),
)

/** The schema of `[options]`. `filters.d/20-size.toml` shows every key at its default. */
export const options: v.GenericSchema<unknown, { message_limit: number; total_limit: number }> = v.strictObject({
  message_limit: v.optional(size, '25MiB'),
  total_limit: v.optional(size, '250MiB'),
})
