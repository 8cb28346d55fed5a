/** `[recipients."PATTERN"]` of a drop-in: for whom the filter is off, or judges with other settings. */
import { foldAddress } from '../chain/address-map.js'
import { isDomain, parseMailAddress } from '../chain/mail-address.js'
import type { Policy } from '../chain/policy.js'
import { readPolicy } from './policy.js'
import { isTable, type Section } from './section.js'
import { printPath, type TomlTable } from './toml.js'

export interface RecipientRule {
  /** As it is written; see AddressMap. */
  readonly pattern: string
  readonly enabled: boolean
  readonly policy: Policy
  /** What stands below it in `options`: laid over the drop-in's own. */
  readonly options: TomlTable
}

/** Reads `[recipients]`. `policy` is what holds where a rule says nothing; what is wrong goes to the section's problems. */
export function readRules(section: Section, policy: Policy): readonly RecipientRule[] {
  const taken = new Map<string, string>()
  return section.entries.flatMap(([pattern, value]) => {
    const whole = unquoted(pattern, value)
    if (whole !== undefined) {
      section.table(pattern)
      section.wrong(pattern, 'a name with a dot in it stands in quotes', whole)
      return []
    }
    if (pattern !== '*' && !isPattern(pattern)) {
      section.wrong(pattern, 'must be "user@example.org", "example.org", ".example.org" or "*"', meant(pattern))
    }
    const other = taken.get(foldAddress(pattern))
    if (other !== undefined) section.wrong(pattern, `means the same as ${printPath(['recipients', other])}`)
    taken.set(foldAddress(pattern), pattern)
    const rule = section.section(pattern)
    const enabled = rule.flag('enabled', true)
    return { pattern, enabled, policy: readPolicy(rule, policy), options: rule.table('options') }
  })
}

/** An address, a domain, or `.` and a domain. A `*` in a plain local part would be taken for one that stands for any text. */
function isPattern(pattern: string): boolean {
  if (!pattern.includes('@')) return isDomain(pattern.replace(/^\./, ''))
  const { local = '', domain } = parseMailAddress(pattern) ?? {}
  return domain !== undefined && (local.startsWith('"') || !local.includes('*'))
}

/**
 * The pattern that keys without quotes were meant to be: `[recipients.example.org]` is a table `org` in a table `example`
 * to TOML.
 */
function unquoted(pattern: string, value: unknown): string | undefined {
  const inner = isTable(value)
    ? Object.entries(value).find(([key, below]) => key !== 'options' && isTable(below))
    : undefined
  if (inner === undefined) return undefined
  const [key, below] = inner
  return unquoted(`${pattern}.${key}`, below) ?? `${pattern}.${key}`
}

/** How others write such patterns. */
function meant(pattern: string): string | undefined {
  const plain = pattern
    .replace(/^<(.*)>$/, '$1')
    .replace(/^\*?@/, '')
    .replace(/^\*\./, '.')
  return plain !== pattern && isPattern(plain) ? plain : undefined
}
