/**
 * What a signature's name says about the mail. ClamAV puts the class of a signature in front of its name: a name without
 * a class is a virus, `Heuristics.` and `PUA.` are guesses that are wrong now and then, and some of the former are no finding
 * at all: clamd could not look at everything.
 */

/** From the mildest to the gravest; where two patterns fit a name equally well, the graver holds. */
export const TREATMENTS = ['ignore', 'tag', 'quarantine', 'unscannable', 'reject'] as const

/**
 * Names by which clamd says that it did not look at everything: limits (`AlertExceedsMax` in clamd.conf(5); ClamAV before
 * 0.104 has the second form for those of mail), encryption (`AlertEncrypted`), a dictionary too large to unpack, and an
 * archive whose files overlap, which it does not go on to unpack.
 */
export const UNSCANNABLE = [
  'Heuristics.Limits.Exceeded*',
  'Heuristics.Email.ExceedsMax*',
  'Heuristics.Encrypted.*',
  'Heuristics.XZ.DicSizeLimit',
  'Heuristics.Zip.OverlappingFiles',
] as const

export type Treatment = (typeof TREATMENTS)[number]

/** Patterns of names for each treatment: `*` stands for any text, `?` for one character, case does not matter. */
export type Patterns = Readonly<Record<Treatment, readonly string[]>>

/** clamd puts this behind each name that is not from a database of ClamAV's own. */
const UNOFFICIAL = '.UNOFFICIAL'

interface Rule {
  readonly treatment: Treatment
  readonly expression: RegExp
  /** How many characters the pattern spells out. */
  readonly weight: number
}

/**
 * The treatment of a name: of all patterns that fit, the one that spells out most decides; without one it is `reject`.
 * A name ending in `.UNOFFICIAL` fits with and without that end.
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
      if (names.some((each) => rule.expression.test(each)) && rule.weight >= (best?.weight ?? 0)) best = rule
    }
    return best?.treatment ?? 'reject'
  }
}

function compile(treatment: Treatment, pattern: string): Rule {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  return { treatment, expression: new RegExp(`^${source}$`, 'is'), weight: pattern.replace(/[*?]/g, '').length }
}
