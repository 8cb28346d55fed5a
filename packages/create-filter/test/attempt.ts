/** Runs the command in a directory of its own, as a person would who types these lines. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { command } from '../src/command.js'

export interface Attempt {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Removed after the test. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'create-filter-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

export async function attempt(directory: string, argv: readonly string[], typed = ''): Promise<Attempt> {
  const [input, output, error] = [new PassThrough(), new PassThrough(), new PassThrough()]
  input.end(typed)
  const status = await command(argv, { directory, input, output, error })
  output.end()
  error.end()
  return { status, stdout: await text(output), stderr: await text(error) }
}

/** The files below a directory. */
export async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}
