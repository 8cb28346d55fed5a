/** "Did you mean …": the known word that a misspelt one is nearest to. */

/**
 * The nearest of `known`, or nothing when none is near. Case, `_` and `-` don't count; otherwise one edit in three
 * characters may differ (a letter added, lost, replaced, or two neighbours swapped), and at most `most`.
 */
export function nearest(word: string, known: Iterable<string>, most: number = word.length): string | undefined {
  const plain = fold(word)
  let best: string | undefined
  let least = Math.min(most, Math.max(1, Math.floor(plain.length / 3))) + 1
  for (const candidate of known) {
    const edits = distance(plain, fold(candidate), least)
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '')
}

/** Optimal string alignment distance; at least `limit` when the words are further apart than that. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let at = 1; at <= b.length; at++) {
      const same = a[row - 1] === b[at - 1]
      let least = Math.min(
        (above[at] ?? limit) + 1,
        (line[at - 1] ?? limit) + 1,
        (above[at - 1] ?? limit) + (same ? 0 : 1),
      )
      if (row > 1 && at > 1 && a[row - 1] === b[at - 2] && a[row - 2] === b[at - 1]) {
        least = Math.min(least, (before[at - 2] ?? limit) + 1)
      }
      line.push(least)
    }
    before = above
    above = line
  }
  return above[b.length] ?? limit
}
