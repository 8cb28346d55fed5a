/** The difference between two texts as a unified diff, which patch(1) reads (POSIX diff, "Diff -u Output Format"). */

/** Number of unchanged lines that are printed before and after each change. */
const CONTEXT = 3

/**
 * With more inserted and deleted lines than this, the changed middle is printed as all removed, then all added: Myers'
 * search takes time and memory quadratic in their number.
 */
const MAX_EDIT_DISTANCE = 500

/** One line of the diff. The prefix says whether both texts have it (a blank), only `before` (-) or only `after` (+). */
interface DiffLine {
  readonly prefix: ' ' | '-' | '+'
  readonly line: string
}

/** The diff that turns `before` into `after`; empty when they are equal. `path` is printed in both header lines (---, +++). */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ''
  const lines = compareLines(splitKeepingEnds(before), splitKeepingEnds(after))
  let diff = `--- ${path}\n+++ ${path}\n`
  let beforeLine = 1
  let afterLine = 1
  for (let index = 0; index < lines.length; ) {
    const next = nextChange(lines, index)
    if (next === lines.length) break
    if (next > index + CONTEXT) {
      index++
      beforeLine++
      afterLine++
      continue
    }
    const end = hunkEnd(lines, index)
    const hunk = lines.slice(index, end)
    const removed = hunk.filter((line) => line.prefix !== '+').length
    const added = hunk.filter((line) => line.prefix !== '-').length
    diff += `@@ -${range(beforeLine, removed)} +${range(afterLine, added)} @@\n`
    diff += hunk.map(printLine).join('')
    index = end
    beforeLine += removed
    afterLine += added
  }
  return diff
}

/**
 * Index of the line after the hunk that starts at `start`. The hunk ends with CONTEXT unchanged lines. A further change
 * belongs to the same hunk when at most twice as many unchanged lines come before it.
 */
function hunkEnd(lines: readonly DiffLine[], start: number): number {
  let end = nextChange(lines, start)
  for (;;) {
    while (end < lines.length && lines[end]?.prefix !== ' ') end++
    const next = nextChange(lines, end)
    if (next === lines.length || next - end > 2 * CONTEXT) return Math.min(end + CONTEXT, lines.length)
    end = next
  }
}

/** Index of the next line that differs; `lines.length` if there is none. */
function nextChange(lines: readonly DiffLine[], from: number): number {
  let index = from
  while (index < lines.length && lines[index]?.prefix === ' ') index++
  return index
}

/** START,COUNT of a hunk header. COUNT is omitted when it is 1; with COUNT 0, START is the line before. */
function range(start: number, count: number): string {
  return count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`
}

function printLine({ prefix, line }: DiffLine): string {
  return line.endsWith('\n') ? prefix + line : `${prefix}${line}\n\\ No newline at end of file\n`
}

function splitKeepingEnds(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** Compares only what lies between the lines that both texts begin with and those that both end with: in an edited file, little. */
function compareLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  let tail = 0
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  const equal = (line: string): DiffLine => ({ prefix: ' ', line })
  return [
    ...before.slice(0, head).map(equal),
    ...diffLines(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(equal),
  ]
}

/**
 * The fewest deletions and insertions that turn `before` into `after`, or, where these are more than MAX_EDIT_DISTANCE, the
 * deletion of all lines and the insertion of all others. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986):
 * the greedy forward search, then backtracking from the end.
 */
function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  // For each distance, Myers' V before its round of the search: diagonal (x - y) -> the furthest x reached on it.
  const trace: Map<number, number>[] = []
  // Starts the search: from diagonal 1, a move down leads to x = 0 on diagonal 0.
  let furthestX = new Map([[1, 0]])
  search: for (let distance = 0; ; distance++) {
    if (distance > MAX_EDIT_DISTANCE) return replaceAll(before, after)
    trace.push(furthestX)
    const next = new Map(furthestX)
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      let x = goesDown(furthestX, diagonal, distance) ? at(furthestX, diagonal + 1) : at(furthestX, diagonal - 1) + 1
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++
      next.set(diagonal, x)
      if (x >= before.length && x - diagonal >= after.length) break search
    }
    furthestX = next
  }
  const lines: DiffLine[] = []
  let x = before.length
  let y = after.length
  for (let distance = trace.length - 1; distance >= 0; distance--) {
    const reached = trace[distance] ?? furthestX
    const diagonal = x - y
    const down = goesDown(reached, diagonal, distance)
    const previousX = distance === 0 ? 0 : at(reached, down ? diagonal + 1 : diagonal - 1)
    const previousY = distance === 0 ? 0 : previousX - (down ? diagonal + 1 : diagonal - 1)
    while (x > previousX && y > previousY) {
      lines.push({ prefix: ' ', line: before[--x] ?? '' })
      y--
    }
    if (distance === 0) break
    if (down) lines.push({ prefix: '+', line: after[--y] ?? '' })
    else lines.push({ prefix: '-', line: before[--x] ?? '' })
  }
  return lines.reverse()
}

function replaceAll(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const removed = before.map((line): DiffLine => ({ prefix: '-', line }))
  return [...removed, ...after.map((line): DiffLine => ({ prefix: '+', line }))]
}

/** Whether the furthest point on this diagonal is reached by an insertion (down) and not by a deletion (right). */
function goesDown(furthestX: Map<number, number>, diagonal: number, distance: number): boolean {
  return diagonal === -distance || (diagonal !== distance && at(furthestX, diagonal - 1) < at(furthestX, diagonal + 1))
}

function at(furthestX: Map<number, number>, diagonal: number): number {
  return furthestX.get(diagonal) ?? -1
}
