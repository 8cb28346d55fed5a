/** What an operator can write under `[options]`: sizes with their units, as everywhere in a drop-in. */
import * as v from 'valibot'

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

/** A size as the operator writes it; in bytes once it is validated. */
const size = v.pipe(
  v.string('must be text with a unit, such as "25MiB"'),
  v.regex(/^[1-9]\d{0,5}(B|KiB|MiB|GiB)$/, 'must be a number with a unit, such as "25MiB": B, KiB, MiB or GiB'),
  v.transform((text) => Number.parseInt(text, 10) * (UNITS[text.replace(/^\d+/, '')] ?? 1)),
)

/** The schema of `[options]`. `filters.d/20-size.toml` shows every key at its default. */
export const options: v.GenericSchema<unknown, { message_limit: number; total_limit: number }> = v.strictObject({
  message_limit: v.optional(size, '25MiB'),
  total_limit: v.optional(size, '250MiB'),
})
