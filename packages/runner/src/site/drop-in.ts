/** A drop-in, `NN-name.toml`: which package filters, how long it may take, what becomes of mail, and the filter's options. */
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { Policy } from '../chain/policy.js'
import { type Problem, reason } from './problem.js'
import { Section } from './section.js'
import { parseDocument, type TomlDocument, type TomlTable } from './toml.js'

export interface DropIn {
  readonly name: string
  readonly document: TomlDocument
  /** Absent when the drop-in doesn't say, which is a problem by itself. */
  readonly filter: string | undefined
  readonly policy: Policy
  readonly options: TomlTable
}

const ON_ERROR = ['defer', 'accept', 'quarantine'] as const
const ON_REJECT = ['refuse', 'quarantine', 'tag', 'discard'] as const
const ON_QUARANTINE = ['quarantine', 'tag', 'refuse'] as const

/** package.json(5) `name`; a path into a package, or out of a directory, doesn't fit. */
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** What holds for a filter of which the operator wrote nothing, a script above all. */
export function defaultPolicy(onReject: Policy['onReject']): Policy {
  return { timeout: 60_000, onError: 'defer', onReject, onQuarantine: 'quarantine' }
}

/** Reads a drop-in. What is wrong with it goes to `problems`; without TOML in it there is no drop-in. */
export function readDropIn(
  path: string,
  name: string,
  onReject: Policy['onReject'],
  problems: Problem[],
): DropIn | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    problems.push({ file: path, what: `cannot be read: ${reason(error)}` })
    return undefined
  }
  const document = parseDocument(text, path, problems)
  if (document === undefined) return undefined
  const top = new Section(document, problems)
  const filter = top.text('filter')
  if (filter === undefined && !Object.hasOwn(document.value, 'filter')) {
    top.missing('filter', 'is missing: it names the package, "@candy/filter-clamav" say')
  } else if (filter !== undefined && !isAbsolute(filter) && !PACKAGE_NAME.test(filter)) {
    top.wrong('filter', 'must be the name of a package or an absolute path')
  }
  const preset = defaultPolicy(onReject)
  const maxSize = top.size('max_size')
  const policy: Policy = {
    timeout: top.duration('timeout', preset.timeout),
    ...(maxSize === undefined ? {} : { maxSize }),
    onError: top.choice('on_error', ON_ERROR, preset.onError),
    onReject: top.choice('on_reject', ON_REJECT, preset.onReject),
    onQuarantine: top.choice('on_quarantine', ON_QUARANTINE, preset.onQuarantine),
  }
  const options = top.table('options')
  top.end()
  const usable = filter !== undefined && (isAbsolute(filter) || PACKAGE_NAME.test(filter))
  return { name, document, filter: usable ? filter : undefined, policy, options }
}
