/**
 * A problem in a configuration file. Every report prints problems in this form:
 *
 *     FILE:LINE:COLUMN: key: what; did you mean "…"?
 *
 * Line and column count from 1, and are left out when the problem concerns the whole file or directory.
 */
import { CandyError } from '@candy/sdk'
import { errorText } from '../os/error-text.js'

export interface Problem {
  /** Absolute path. */
  readonly file: string
  readonly line?: number
  /** In UTF-16 code units, as editors count. */
  readonly column?: number
  /** The key that the problem is about, dotted from the top of the file. */
  readonly key?: string
  readonly what: string
  /** What the operator probably meant, as it is to be written. */
  readonly hint?: string
}

/** A configuration was refused. The error has all its problems, not only the first. */
export class ConfigurationError extends CandyError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const ordered = inOrder(problems)
    super('CONFIG', ordered.map(printProblem).join('\n'))
    this.name = 'ConfigurationError'
    this.problems = ordered
  }
}

/** Sorts problems: the files in the order of their first problem, and the problems of each file from top to bottom. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))]
  return problems.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  )
}

export function printProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':')
  const key = problem.key === undefined ? '' : `${problem.key}: `
  const hint = problem.hint === undefined ? '' : `; did you mean ${JSON.stringify(problem.hint)}?`
  return `${place}: ${key}${problem.what}${hint}`
}

/** The first line of the message of an error, or of any other value that was thrown. */
export function reason(thrown: unknown): string {
  const text = errorText(thrown)
  return text.split('\n', 1)[0]?.trim() || 'no reason given'
}
