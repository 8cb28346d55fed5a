/**
 * Tools that stand apart from the workspaces, each in a folder with a lockfile of its own: installed where they are missing,
 * before any test runs. Beside tests that keep the machine busy it would take far longer.
 */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand } from './command.js'

const ROOT = resolve(import.meta.dirname, '../..')
/** Each has a package.json and a lockfile. */
export const FOLDERS: readonly string[] = ['packages/sdk/reference', 'site', 'test/registry']

/** Called by vitest (globalSetup). */
export async function setup(): Promise<void> {
  for (const folder of FOLDERS) await install(join(ROOT, folder))
}

async function install(folder: string): Promise<void> {
  const timeOf = async (name: string): Promise<number | undefined> =>
    (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs
  const installed = await timeOf('node_modules/.package-lock.json')
  if (installed !== undefined && installed >= ((await timeOf('package-lock.json')) ?? 0)) return
  await runCommand('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'])
}
