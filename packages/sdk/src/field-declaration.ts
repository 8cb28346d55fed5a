/**
 * Checks the header fields that a filter declares: names, or beginnings of names that end in `*`. A reader of `X-Spam-Status` must be
 * able to rely on it that no sender wrote the field, whatever the verdict of the filter was.
 */
import type { FilterPackage } from './contract.js'

/** The fields that a filter declares. A package that was made without `defineFilter` may lack these members. */
export type FieldDeclaration = Partial<Pick<FilterPackage, 'fields' | 'sharedFields'>>

/** A field name (RFC 5322 section 2.2), or the beginning of one and `*`. A `*` alone is refused: it would stand for all fields. */
const PATTERN = /^[\x21-\x29\x2b-\x39\x3b-\x7e]{1,75}\*?$/

/**
 * Fields that a message needs, that others sign, or that record its path: RFC 5322 section 3.6, RFC 2045, RFC 6376, RFC 8617,
 * RFC 2369. If a filter declared one of them as its own, the runner would remove it from all mail.
 */
const COMMON = [
  ...['Date', 'From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc', 'Message-ID', 'In-Reply-To', 'References', 'Subject'],
  ...['Comments', 'Keywords', 'Return-Path', 'Received', 'Resent-From', 'Resent-Sender', 'Resent-To', 'Resent-Cc'],
  ...['Resent-Bcc', 'Resent-Date', 'Resent-Message-ID', 'MIME-Version', 'Content-Type', 'Content-Transfer-Encoding'],
  ...[
    'Content-Disposition',
    'Content-ID',
    'Content-Description',
    'DKIM-Signature',
    'ARC-Seal',
    'ARC-Message-Signature',
  ],
  ...['ARC-Authentication-Results', 'Authentication-Results', 'List-Id', 'List-Unsubscribe', 'List-Post'],
]

/** The field that only the runner writes. */
const RESERVED = 'X-Candy-Status'

/** Whether one of the patterns matches this field name, whatever its case. */
export function declaresField(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase()
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? lower.startsWith(pattern.slice(0, -1).toLowerCase()) : lower === pattern.toLowerCase(),
  )
}

/** A sentence about the first thing that is wrong in a declaration; undefined when it has none. */
export function declarationProblem({ fields = [], sharedFields = [] }: FieldDeclaration): string | undefined {
  for (const [member, patterns] of [
    ['fields', fields],
    ['sharedFields', sharedFields],
  ] as const) {
    if (!Array.isArray(patterns)) return `${member} is a list of header field names`
    const odd = patterns.find((pattern) => typeof pattern !== 'string' || !PATTERN.test(pattern))
    if (odd !== undefined) {
      return `${member}: ${JSON.stringify(String(odd))} is neither a header field name nor the beginning of one and "*"`
    }
    if (declaresField(patterns, RESERVED)) return `${member}: ${RESERVED} is the runner's own`
  }
  const common = COMMON.find((name) => declaresField(fields, name))
  return common === undefined
    ? undefined
    : `fields: ${common} would be taken out of every message; a field that others write too stands in sharedFields`
}
