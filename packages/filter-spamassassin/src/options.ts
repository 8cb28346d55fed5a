/** What an operator can write under `[options]`. `filters.d/60-spamassassin.toml` shows every key at its default. */

import { parseAddress, parseDuration, parseSize, type ServiceAddress } from '@candy/sdk/values'
import * as v from 'valibot'

/** Bytes. With fewer, SpamAssassin would not see the whole header of many messages. */
const MIN_SCAN_LIMIT = 4096

/** Options as the filter uses them: addresses parsed, sizes in bytes, durations in milliseconds. */
export interface Options {
  /** The spamds, in the order in which the filter asks them until one answers. */
  readonly addresses: readonly ServiceAddress[]
  /** How long the filter waits for a spamd that is starting. */
  readonly wait: number
  /** The user whose preferences spamd uses; `''` for spamd's default. */
  readonly user: string
  readonly tag: number | 'required_score'
  readonly quarantine: number | false
  readonly reject: number | false
  /** Of a longer message, only so many bytes are scanned. */
  readonly scan_limit: number
  /** The tag that the filter puts in front of the Subject of spam; `''` for none. */
  readonly subject_tag: string
}

const score = v.pipe(v.number(), v.finite('must be a finite score'))

const threshold = v.union([score, v.literal(false)], 'must be a score, such as 15.0, or false for never')

const address = value(parseAddress)
const size = v.pipe(value(parseSize), v.minValue(MIN_SCAN_LIMIT, `must be at least ${MIN_SCAN_LIMIT}B`))
const duration = value(parseDuration)

/** One line of text without control characters. */
const line = (limit: number) =>
  v.pipe(
    v.string('must be text'),
    v.regex(/^\P{Cc}*$/u, 'must not contain control characters'),
    v.maxLength(limit, `must have at most ${limit} characters`),
  )

const entries = {
  addresses: v.optional(v.pipe(v.array(address, 'must be a list of addresses'), v.minLength(1, 'must name a spamd')), [
    '127.0.0.1:783',
  ]),
  wait: v.optional(duration, '10s'),
  user: v.optional(line(256), ''),
  tag: v.optional(
    v.union([score, v.literal('required_score')], 'must be a score, such as 5.0, or "required_score"'),
    'required_score',
  ),
  quarantine: v.optional(threshold, false),
  reject: v.optional(threshold, 15),
  scan_limit: v.optional(size, '500KiB'),
  subject_tag: v.optional(line(64), ''),
}

/** The schema of `[options]`. */
export const options: v.GenericSchema<unknown, Options> = v.pipe(
  v.strictObject(entries, (issue) =>
    issue.expected === 'never'
      ? `is no option of this filter; there are ${Object.keys(entries).join(', ')}`
      : 'must be a table',
  ),
  v.forward(
    v.partialCheck([['tag'], ['quarantine']], (o) => inOrder(o.tag, o.quarantine), 'must not be below tag'),
    ['quarantine'],
  ),
  v.forward(
    v.partialCheck(
      [['tag'], ['quarantine'], ['reject']],
      (o) => inOrder(o.tag, o.reject) && inOrder(o.quarantine, o.reject),
      'must not be below tag or quarantine',
    ),
    ['reject'],
  ),
)

/** Only numbers can be compared: `required_score` is known only to spamd, and `false` is never reached. */
function inOrder(lower: number | string | false, upper: number | false): boolean {
  return typeof lower !== 'number' || upper === false || lower <= upper
}

/** The schema of a value that `parse` reads from text. An error of `parse` becomes an issue of the schema. */
function value<T>(parse: (written: unknown) => T): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value)
      } catch (error) {
        addIssue({ message: (error as Error).message })
        return NEVER
      }
    }),
  )
}
