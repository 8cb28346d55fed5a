/**
 * Reads the declarations that a script makes in comments near its top. `candy: rewrites` declares that its standard output is the new
 * message, and `candy: fields X-Mine X-Mine-*` declares the header fields that only this script writes.
 */
import { declarationProblem } from '@candy/sdk'
import { nearest } from '../config/nearest.js'
import type { Problem } from '../config/problem.js'

export interface ScriptDeclaration {
  readonly rewrites: boolean
  readonly fields: readonly string[]
}

const WORDS = ['rewrites', 'fields'] as const

const LINE = /^\s*(?:#|\/\/|--|;|%)+\s*candy:\s*(\S*)\s*(.*?)\s*$/

/** Reads the declarations in the beginning of a script. When one is wrong, adds a problem and returns undefined. */
export function readDeclaration(head: string, file: string, problems: Problem[]): ScriptDeclaration | undefined {
  let rewrites = false
  const fields: string[] = []
  for (const [at, line] of head.split('\n').entries()) {
    const [, word, rest = ''] = LINE.exec(line) ?? []
    if (word === undefined) continue
    const names = rest.split(/[\s,]+/).filter((name) => name !== '')
    const problem = problemOf(word, names)
    if (problem !== undefined) {
      problems.push({ file, line: at + 1, column: line.indexOf('candy:') + 1, key: 'candy', ...problem })
      return undefined
    }
    if (word === 'rewrites') rewrites = true
    else fields.push(...names)
  }
  return { rewrites, fields }
}

function problemOf(word: string, names: readonly string[]): Pick<Problem, 'what' | 'hint'> | undefined {
  if (word === 'rewrites' && names.length === 0) return undefined
  if (word === 'fields') {
    const what = names.length === 0 ? 'fields: names at least one header field' : declarationProblem({ fields: names })
    return what === undefined ? undefined : { what }
  }
  const written = [word, ...names].join(' ')
  const hint = nearest(written, WORDS)
  const what = `unknown declaration "${written}" (there are: ${WORDS.join(', ')})`
  return hint === undefined ? { what } : { what, hint }
}
