/** Cases that are two files of one stem: what an operator wrote, and every line that is said about it. */
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

/** What is printProblems, with FILE in place of the path; kept beside a fixture as `.got`. */
export function printProblems(problems: readonly Problem[], fixture: Fixture): string {
  const text = inOrder(problems)
    .map((problem) => `${printProblem({ ...problem, file: 'FILE' })}\n`)
    .join('')
  writeFileSync(fixture.path.replace(/toml$/, 'got'), text)
  return text
}
