/** The keys of `[options]` in the drop-in. `filters.d/50-clamav.toml` explains each of them to the operator. */
import type { StandardSchemaV1 } from '@candy/sdk'
import { parseAddress, parseDuration, type ServiceAddress } from '@candy/sdk/values'
import * as v from 'valibot'
import { type Patterns, TREATMENTS, type Treatment, UNSCANNABLE } from './policy.js'

export interface Options extends Patterns {
  readonly addresses: readonly ServiceAddress[]
  /** How many milliseconds the filter waits for a clamd that is starting. */
  readonly wait: number
  /** Milliseconds. Older signatures are `old_signatures`. */
  readonly max_signature_age: number
  /** What happens when older signatures find nothing: the filter logs a warning, or throws, so that `on_error` decides. */
  readonly old_signatures: 'warn' | 'error'
}

const address = v.pipe(v.unknown(), v.rawTransform(parsed(parseAddress)))
const duration = v.pipe(v.unknown(), v.rawTransform(parsed(parseDuration)))
const patterns = v.array(v.pipe(v.string(), v.nonEmpty('an empty pattern fits no name')))

export const options: StandardSchemaV1<unknown, Options> = v.pipe(
  v.object({
    addresses: v.optional(v.pipe(v.array(address), v.minLength(1, 'at least one address')), [
      '/var/run/clamav/clamd.ctl',
    ]),
    wait: v.optional(duration, '30s'),
    reject: v.optional(patterns, []),
    quarantine: v.optional(patterns, []),
    tag: v.optional(patterns, ['Heuristics.*', 'PUA.*']),
    ignore: v.optional(patterns, []),
    unscannable: v.optional(patterns, [...UNSCANNABLE]),
    max_signature_age: v.optional(duration, '3d'),
    old_signatures: v.optional(v.picklist(['warn', 'error'], 'must be "warn" or "error"'), 'warn'),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const clash = findClash(dataset.value)
    if (clash === undefined) return
    const { key, message } = clash
    addIssue({
      message,
      path: [{ type: 'object', origin: 'value', input: dataset.value, key, value: dataset.value[key] }],
    })
  }),
)

/** A pattern that is in two lists: it is not known which of them the operator meant. */
function findClash(lists: Patterns): { readonly key: Treatment; readonly message: string } | undefined {
  const seen = new Map<string, Treatment>()
  for (const key of TREATMENTS) {
    for (const pattern of new Set(lists[key].map((each) => each.toLowerCase()))) {
      const other = seen.get(pattern)
      if (other !== undefined) return { key, message: `"${pattern}" is in "${other}" too; take it out of one of them` }
      seen.set(pattern, key)
    }
  }
  return undefined
}

/** Turns a parser that throws into an action of the schema: its error becomes an issue. */
function parsed<Input, Output>(parse: (input: Input) => Output): (context: v.RawTransformContext<Input>) => Output {
  return ({ dataset, addIssue, NEVER }) => {
    try {
      return parse(dataset.value)
    } catch (error) {
      addIssue({ message: error instanceof Error ? error.message : String(error) })
      return NEVER
    }
  }
}
