/** Runs the built command `candy` as a person would. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { scratch } from '../support.js'

/** The command of this checkout, or of a copy that the account candy may read (test/kit/readable.ts). */
export const COMMAND: string = process.env.CANDY_COMMAND ?? resolve(import.meta.dirname, '../../bin/candy.cjs')

export interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export function candy(argv: readonly string[], input: string | Buffer = '', env: NodeJS.ProcessEnv = {}): Run {
  return runCandy(COMMAND, argv, input, env)
}

/** Runs the command of another installation, whose path is given. */
export function runCandy(
  command: string,
  argv: readonly string[],
  input: string | Buffer = '',
  env: NodeJS.ProcessEnv = {},
): Run {
  const options = { input, encoding: 'utf8', env: { ...process.env, ...env } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...argv], options)
  return { status, stdout, stderr }
}

/** A Postfix configuration directory with files in it; a script is a name without a dot. Gone after the test. */
export function site(files: Readonly<Record<string, string>> = {}): string {
  const directory = scratch()
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, 'filters.d'))
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    if (!name.includes('.', name.lastIndexOf('/'))) chmodSync(path, 0o755)
  }
  return directory
}
