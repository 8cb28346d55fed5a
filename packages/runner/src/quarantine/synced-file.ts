/** Writing files and directories so that they survive a power cut (fsync(2)). */
import { open, writeFile } from 'node:fs/promises'

/** Writes a new file, for its owner alone. Throws when there is one. */
export async function writeSynced(path: string, bytes: AsyncIterable<Uint8Array> | string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await writeFile(file, bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
