/** What an operator can write under `[options]`. `filters.d/80-footer.toml` shows every key. */
import * as v from 'valibot'

/** RFC 5322 section 2.1.1: 78 characters are a line that everybody can read, and stay below 998 however they are encoded. */
const text = v.pipe(
  v.string('must be text'),
  v.regex(/^[^\p{Cc}]+(\n[^\p{Cc}]*)*$/u, 'must be lines of text, with "\\n" between them'),
  v.check((lines) => lines.split('\n').every((line) => line.length <= 78), 'must have at most 78 characters a line'),
)

const domain = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^[^@\s]+$/, 'must be what stands behind the "@", "example.com" say'),
)

export interface Options {
  readonly text: string
  readonly domains: readonly string[]
}

/** The schema of `[options]`. */
export const options: v.GenericSchema<unknown, Options> = v.strictObject({
  text,
  domains: v.optional(v.array(domain), []),
})
