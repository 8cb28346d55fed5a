/** What an operator can write under `[options]`: sizes with their units, as everywhere in a drop-in. */
import { parseSize, valueProblem } from '@candy/sdk/values'
import * as v from 'valibot'

/** The operator writes a size with its unit, for example `"25MiB"`; the validated option is a number of bytes. */
const sizeOption = v.pipe(
  v.unknown(),
  v.check(
    (value) => valueProblem(parseSize, value) === undefined,
    ({ input }) => `${valueProblem(parseSize, input)}`,
  ),
  v.transform(parseSize),
)

/** The schema of `[options]`. `filters.d/20-size.toml` shows every key at its default. */
export const options: v.GenericSchema<unknown, { message_limit: number; total_limit: number }> = v.strictObject({
  message_limit: v.optional(sizeOption, '25MiB'),
  total_limit: v.optional(sizeOption, '250MiB'),
})
