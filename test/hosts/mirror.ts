/** Where this machine gets its Debian packages from: other releases are to be had from the same place. */
import { join } from 'node:path'
import { runCommand, tryCommand } from '../kit/command.js'

/** Options with which an archive that does not answer is given up soon. */
const IMPATIENT = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::https::Timeout=20']

/** The address of an archive that has this release; undefined when none does. `scratch` is a directory to download to. */
export async function findMirror(suite: string, scratch: string): Promise<string | undefined> {
  const printed = await runCommand('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'])
  for (const uri of new Set(printed.toString().trim().split('\n'))) {
    const address = uri.replace(/\/$/, '')
    const release = [`${address}/dists/${suite}/InRelease`, join(scratch, `${suite}.InRelease`)]
    const { status } = await tryCommand('/usr/lib/apt/apt-helper', [...IMPATIENT, 'download-file', ...release])
    if (status === 0) return address
  }
  return undefined
}
