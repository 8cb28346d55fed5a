/** One installation for all tests of a run: a copy takes seconds of processor time, and there are some eighty test beds. */
import { join } from 'node:path'
import { installCandy } from './installation.js'
import { makeScratch } from './scratch.js'

/** Called by vitest (globalSetup). */
export async function setup(): Promise<() => Promise<void>> {
  const scratch = await makeScratch('shared')
  process.env.CANDY_INSTALLATION = (await installCandy(join(scratch.path, 'candy'))).directory
  return scratch.remove
}
