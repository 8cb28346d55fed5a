/** Writes a new package into a directory of its own, and never over anything that is there. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The directory cannot be made, or is not empty; the message says which. */
export class Occupied extends Error {}

/** Makes the directory, or takes one that is empty. Throws `Occupied`. */
export async function claimDirectory(directory: string): Promise<void> {
  let there: string[]
  try {
    await mkdir(directory, { recursive: true })
    there = await readdir(directory)
  } catch (error) {
    throw new Occupied((error as Error).message)
  }
  if (there.length > 0) throw new Occupied(`${directory} is not empty`)
}

/** Writes the files, folders and all. Throws when one of them is there by now. */
export async function writeFiles(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const file = join(directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}
