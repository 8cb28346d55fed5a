/**
 * Decides by a signature's name what happens to the message. ClamAV puts the class of a signature in front of its name. A
 * name without a class is that of a virus. `Heuristics.` and `PUA.` (potentially unwanted application) are sometimes wrong.
 * Some `Heuristics.` names are not a finding: with them, clamd reports that it did not scan the whole message.
 */

/** From the mildest to the most severe. When two patterns match a name equally well, the more severe treatment applies. */
export const TREATMENTS = ['ignore', 'tag', 'quarantine', 'unscannable', 'reject'] as const

/**
 * Names with which clamd reports that it did not scan everything: it reached a limit (`AlertExceedsMax` in clamd.conf(5);
 * ClamAV before 0.104 uses the second name for the limits of mail), a file is encrypted (`AlertEncrypted`), the dictionary of
 * an xz file is too large, or the files of a zip archive overlap, so that it stops unpacking.
 */
export const UNSCANNABLE = [
  'Heuristics.Limits.Exceeded*',
  'Heuristics.Email.ExceedsMax*',
  'Heuristics.Encrypted.*',
  'Heuristics.XZ.DicSizeLimit',
  'Heuristics.Zip.OverlappingFiles',
] as const

export type Treatment = (typeof TREATMENTS)[number]

/** Patterns of names for each treatment: `*` matches any text, `?` one character. Upper and lower case are the same. */
export type Patterns = Readonly<Record<Treatment, readonly string[]>>

/** clamd appends this to the name of each signature that is not from ClamAV's own databases. */
const UNOFFICIAL = '.UNOFFICIAL'

interface Rule {
  readonly treatment: Treatment
  readonly expression: RegExp
  /** How many characters of the pattern are not `*` or `?`. */
  readonly literals: number
}

/**
 * Returns a function that gives the treatment of a name. Of all patterns that match the name, the one with the most
 * characters other than `*` and `?` decides; when none matches, the treatment is `reject`. A name that ends in `.UNOFFICIAL`
 * is matched with and without that ending.
 */
export function createPolicy(patterns: Patterns): (name: string) => Treatment {
  const rules: Rule[] = []
  for (const treatment of TREATMENTS) {
    for (const pattern of patterns[treatment]) rules.push(compile(treatment, pattern))
  }
  return (name) => {
    const names = name.endsWith(UNOFFICIAL) ? [name, name.slice(0, -UNOFFICIAL.length)] : [name]
    let best: Rule | undefined
    for (const rule of rules) {
      if (names.some((each) => rule.expression.test(each)) && rule.literals >= (best?.literals ?? 0)) best = rule
    }
    return best?.treatment ?? 'reject'
  }
}

function compile(treatment: Treatment, pattern: string): Rule {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  return { treatment, expression: new RegExp(`^${source}$`, 'is'), literals: pattern.replace(/[*?]/g, '').length }
}
