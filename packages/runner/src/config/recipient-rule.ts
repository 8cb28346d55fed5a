/** The rules of a drop-in, `[recipients."PATTERN"]`: for which recipients the filter is off, or judges with other settings. */
import { foldAddress } from '../chain/address-map.js'
import { isDomain, parseMailAddress } from '../chain/mail-address.js'
import type { Policy } from '../chain/policy.js'
import { readPolicy } from './policy.js'
import { isTable, type Section } from './section.js'
import { printPath, type TomlTable } from './toml.js'

export interface RecipientRule {
  /** The pattern as it is written; AddressMap says which recipients it matches. */
  readonly pattern: string
  readonly enabled: boolean
  readonly policy: Policy
  /** The options of the rule. They replace those of the drop-in key by key. */
  readonly options: TomlTable
}

/** Reads `[recipients]`. A rule has the values of `policy` for keys that it does not set. Problems are added to those of the section. */
export function readRules(section: Section, policy: Policy): readonly RecipientRule[] {
  const patternByAddress = new Map<string, string>()
  return section.entries.flatMap(([pattern, value]) => {
    const fullPattern = unquotedPattern(pattern, value)
    if (fullPattern !== undefined) {
      section.table(pattern)
      section.wrong(pattern, 'a name with a dot in it stands in quotes', fullPattern)
      return []
    }
    if (pattern !== '*' && !isPattern(pattern)) {
      section.wrong(
        pattern,
        'must be "user@example.org", "example.org", ".example.org" or "*"',
        suggestedPattern(pattern),
      )
    }
    const other = patternByAddress.get(foldAddress(pattern))
    if (other !== undefined) section.wrong(pattern, `means the same as ${printPath(['recipients', other])}`)
    patternByAddress.set(foldAddress(pattern), pattern)
    const rule = section.section(pattern)
    const enabled = rule.flag('enabled', true)
    return { pattern, enabled, policy: readPolicy(rule, policy), options: rule.table('options') }
  })
}

/** Whether it is an address, a domain, or `.` and a domain. A `*` in a plain local part is refused, since it looks like a wildcard. */
function isPattern(pattern: string): boolean {
  if (!pattern.includes('@')) return isDomain(pattern.replace(/^\./, ''))
  const { local = '', domain } = parseMailAddress(pattern) ?? {}
  return domain !== undefined && (local.startsWith('"') || !local.includes('*'))
}

/**
 * Finds the pattern that an operator wrote without quotes: TOML reads `[recipients.example.org]` as a table `org` in a table
 * `example`. Undefined when the table below the pattern holds no other tables than `options`.
 */
function unquotedPattern(pattern: string, value: unknown): string | undefined {
  const inner = isTable(value)
    ? Object.entries(value).find(([key, below]) => key !== 'options' && isTable(below))
    : undefined
  if (inner === undefined) return undefined
  const [key, below] = inner
  return unquotedPattern(`${pattern}.${key}`, below) ?? `${pattern}.${key}`
}

/** Suggests the pattern for one in the notation of other programs: `<user@example.org>`, `@example.org`, `*.example.org`. */
function suggestedPattern(pattern: string): string | undefined {
  const plain = pattern
    .replace(/^<(.*)>$/, '$1')
    .replace(/^\*?@/, '')
    .replace(/^\*\./, '.')
  return plain !== pattern && isPattern(plain) ? plain : undefined
}
