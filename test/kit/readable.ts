/**
 * `candy` for tests that run it as root: filters run as the account candy, which may not read a checkout below root's home. Then
 * a copy of what npm would publish takes its place, as long as the tests run.
 */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { installCandy } from './installation.js'
import { makeScratch } from './scratch.js'

const OWN = resolve(import.meta.dirname, '../../packages/runner/bin/candy.cjs')

/** Called by vitest (globalSetup). */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const asCandy = ['--reuid', 'candy', '--regid', 'candy', '--clear-groups', '--', 'test', '-r', OWN]
  if (process.geteuid?.() !== 0 || spawnSync('setpriv', asCandy).status === 0) return undefined
  const scratch = await makeScratch('installed')
  process.env.CANDY_COMMAND = (await installCandy(join(scratch.path, 'candy'))).candy
  return scratch.remove
}
