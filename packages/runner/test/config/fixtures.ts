/** Test cases of two files each: `NAME.toml` has what an operator wrote, and `NAME.error` the problems that must be found in it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inOrder, type Problem, printProblem } from '../../src/config/problem.js'

export interface Fixture {
  readonly name: string
  readonly path: string
  readonly error: string
}

export function fixtures(folder: string): readonly Fixture[] {
  const directory = fileURLToPath(new URL(`fixtures/${folder}/`, import.meta.url))
  return readdirSync(directory)
    .filter((file) => file.endsWith('.toml'))
    .sort()
    .map((file) => {
      const path = `${directory}${file}`
      return { name: basename(file, '.toml'), path, error: readFileSync(path.replace(/toml$/, 'error'), 'utf8') }
    })
}

/** Prints the problems with FILE in place of the path. The text is also written beside the fixture, as `.got`. */
export function printProblems(problems: readonly Problem[], fixture: Fixture): string {
  const text = inOrder(problems)
    .map((problem) => `${printProblem({ ...problem, file: 'FILE' })}\n`)
    .join('')
  writeFileSync(fixture.path.replace(/toml$/, 'got'), text)
  return text
}
