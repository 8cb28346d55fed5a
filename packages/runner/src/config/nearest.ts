/** Finds the known word that a misspelt one is nearest to, for messages with "did you mean …?". */

/**
 * Returns the word of `known` that is nearest to `word`, or undefined when none is near enough. Case, `_` and `-` do not count. Two
 * words are near when one edit for each three characters, and at most `maxEdits`, make them equal. An edit adds, removes or replaces a
 * character, or swaps two neighbours.
 */
export function nearest(word: string, known: Iterable<string>, maxEdits: number = word.length): string | undefined {
  const plain = fold(word)
  let best: string | undefined
  let least = Math.min(maxEdits, Math.max(1, Math.floor(plain.length / 3))) + 1
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

/** The optimal string alignment distance of two words. When it is `limit` or more, the result is any number from `limit`. */
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
