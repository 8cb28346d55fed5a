/** The difference of two texts as a unified diff, which patch(1) takes (POSIX diff, "Diff -u Output Format"). */

/** Unchanged lines shown around a change. */
const CONTEXT = 3

/** Beyond so many differing lines the shortest script isn't sought: its cost is the square of this. */
const DISTANCE_LIMIT = 500

interface Change {
  readonly kind: ' ' | '-' | '+'
  readonly line: string
}

/** The diff that makes `after` of `before`; empty when they are equal. `path` stands in both heads. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ''
  const changes = compareLines(splitKeepingEnds(before), splitKeepingEnds(after))
  let diff = `--- ${path}\n+++ ${path}\n`
  let beforeLine = 1
  let afterLine = 1
  for (let index = 0; index < changes.length; ) {
    const next = nextChange(changes, index)
    if (next === changes.length) break
    if (next > index + CONTEXT) {
      index++
      beforeLine++
      afterLine++
      continue
    }
    const end = hunkEnd(changes, index)
    const hunk = changes.slice(index, end)
    const removed = hunk.filter((change) => change.kind !== '+').length
    const added = hunk.filter((change) => change.kind !== '-').length
    diff += `@@ -${range(beforeLine, removed)} +${range(afterLine, added)} @@\n`
    diff += hunk.map(printChange).join('')
    index = end
    beforeLine += removed
    afterLine += added
  }
  return diff
}

/** Where a hunk that starts at `start` ends: after CONTEXT equal lines that no change follows near enough to join. */
function hunkEnd(changes: readonly Change[], start: number): number {
  let end = nextChange(changes, start)
  for (;;) {
    while (end < changes.length && changes[end]?.kind !== ' ') end++
    const next = nextChange(changes, end)
    if (next === changes.length || next - end > 2 * CONTEXT) return Math.min(end + CONTEXT, changes.length)
    end = next
  }
}

function nextChange(changes: readonly Change[], from: number): number {
  let index = from
  while (index < changes.length && changes[index]?.kind === ' ') index++
  return index
}

/** An empty range is named by the line before it. */
function range(line: number, count: number): string {
  return count === 1 ? `${line}` : `${count === 0 ? line - 1 : line},${count}`
}

function printChange({ kind, line }: Change): string {
  return line.endsWith('\n') ? kind + line : `${kind}${line}\n\\ No newline at end of file\n`
}

function splitKeepingEnds(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** Compares after setting aside what both texts start and end with, which leaves little in an edited file. */
function compareLines(before: readonly string[], after: readonly string[]): readonly Change[] {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  let tail = 0
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  const equal = (line: string): Change => ({ kind: ' ', line })
  return [
    ...before.slice(0, head).map(equal),
    ...shortestScript(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(equal),
  ]
}

/** Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): the greedy forward search, then the way back. */
function shortestScript(before: readonly string[], after: readonly string[]): readonly Change[] {
  const rounds: Map<number, number>[] = []
  let reach = new Map([[1, 0]])
  search: for (let distance = 0; ; distance++) {
    if (distance > DISTANCE_LIMIT) return replaceAll(before, after)
    rounds.push(reach)
    const next = new Map(reach)
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      let x = goesDown(reach, diagonal, distance) ? at(reach, diagonal + 1) : at(reach, diagonal - 1) + 1
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++
      next.set(diagonal, x)
      if (x >= before.length && x - diagonal >= after.length) break search
    }
    reach = next
  }
  const script: Change[] = []
  let x = before.length
  let y = after.length
  for (let distance = rounds.length - 1; distance >= 0; distance--) {
    const round = rounds[distance] ?? reach
    const diagonal = x - y
    const down = goesDown(round, diagonal, distance)
    const previousX = distance === 0 ? 0 : at(round, down ? diagonal + 1 : diagonal - 1)
    const previousY = distance === 0 ? 0 : previousX - (down ? diagonal + 1 : diagonal - 1)
    while (x > previousX && y > previousY) {
      script.push({ kind: ' ', line: before[--x] ?? '' })
      y--
    }
    if (distance === 0) break
    if (down) script.push({ kind: '+', line: after[--y] ?? '' })
    else script.push({ kind: '-', line: before[--x] ?? '' })
  }
  return script.reverse()
}

function replaceAll(before: readonly string[], after: readonly string[]): readonly Change[] {
  const removed = before.map((line): Change => ({ kind: '-', line }))
  return [...removed, ...after.map((line): Change => ({ kind: '+', line }))]
}

function goesDown(reach: Map<number, number>, diagonal: number, distance: number): boolean {
  return diagonal === -distance || (diagonal !== distance && at(reach, diagonal - 1) < at(reach, diagonal + 1))
}

function at(reach: Map<number, number>, diagonal: number): number {
  return reach.get(diagonal) ?? -1
}
