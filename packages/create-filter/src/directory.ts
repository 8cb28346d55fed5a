/** Writes a new package into an empty directory. It never overwrites a file. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The directory cannot be made, or is not empty; the message says which. */
export class DirectoryError extends Error {}

/** Makes the directory, or uses one that is empty. Throws `DirectoryError` when neither is possible. */
export async function claimDirectory(directory: string): Promise<void> {
  let present: string[]
  try {
    await mkdir(directory, { recursive: true })
    present = await readdir(directory)
  } catch (error) {
    throw new DirectoryError((error as Error).message)
  }
  if (present.length > 0) throw new DirectoryError(`${directory} is not empty`)
}

/** Writes the files, and makes the folders that they are in. Throws when one of the files exists by then. */
export async function writeFiles(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const file = join(directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}
