/**
 * The header fields that a filter declares: names, or beginnings of names that end in `*`. Whoever reads `X-Spam-Status`
 * must be able to trust that no sender wrote it, whatever became of the filter's verdict.
 */
import type { FilterPackage } from './contract.js'

/** What a filter declares of its fields; a package made without `defineFilter` may say nothing. */
export type FieldDeclaration = Partial<Pick<FilterPackage, 'fields' | 'sharedFields'>>

/** RFC 5322 section 2.2, with a `*` at the end or without; alone it would mean every field there is. */
const PATTERN = /^[\x21-\x29\x2b-\x39\x3b-\x7e]{1,75}\*?$/

/**
 * Fields that a message needs, that others sign, or that tell of its way: RFC 5322 section 3.6, RFC 2045, RFC 6376, RFC 8617,
 * RFC 2369. A filter that owned one of them would take it out of everybody's mail.
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

/** The runner's own. */
const RESERVED = 'X-Candy-Status'

/** Whether one of the patterns means the field of this name; letter case does not count. */
export function declaresField(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase()
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? lower.startsWith(pattern.slice(0, -1).toLowerCase()) : lower === pattern.toLowerCase(),
  )
}

/** A sentence on the first thing wrong with a declaration; undefined when it can hold. */
export function declarationFault({ fields = [], sharedFields = [] }: FieldDeclaration): string | undefined {
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
