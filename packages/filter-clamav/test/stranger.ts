/**
 * The built package at work for an account that may use nothing of root's. In a process of its own: Node.js may refuse to change
 * the account of this one (CVE-2024-22017).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { installCandy } from '../../../test/kit/installation.js'
import { makeScratch } from '../../../test/kit/scratch.js'

/**
 * Runs an ES module that may import our packages. Returns what it prints, parsed as JSON. Throws an error with its standard error
 * output.
 */
export async function asStranger(program: string): Promise<unknown> {
  await using scratch = await makeScratch('stranger')
  // This checkout may be in a directory that only root may enter.
  const { directory } = await installCandy(join(scratch.path, 'installed'))
  const node = [process.execPath, '--input-type=module', '--eval', program]
  const rights = process.geteuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : []
  const [command = '', ...args] = [...rights, ...node]
  const child = spawn(command, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  let [printed, complaints] = ['', '']
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  child.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`status ${status}: ${complaints}`)
  return JSON.parse(printed)
}
