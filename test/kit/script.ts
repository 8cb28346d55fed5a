/** Shell scripts for Postfix to run. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes an executable script for /bin/sh and returns its path. */
export async function writeScript(directory: string, name: string, body: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}
