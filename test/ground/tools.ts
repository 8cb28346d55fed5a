/** Tools that stand apart from the workspaces, in a folder with a lockfile of its own: installed when they are missing. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './command.js'

export async function installTools(folder: string): Promise<void> {
  const timeOf = async (name: string): Promise<number | undefined> =>
    (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs
  const installed = await timeOf('node_modules/.package-lock.json')
  if (installed !== undefined && installed >= ((await timeOf('package-lock.json')) ?? 0)) return
  await runCommand('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'])
}
