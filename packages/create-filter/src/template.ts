/**
 * Makes the files of a new package from those in `template/`: the files for every package, those for its language, and those that only
 * filters which judge, or only filters which rewrite, have. Names in double braces are replaced, in the names of files too.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Language } from './arguments.js'
import type { Names } from './name.js'

/** What a person chose for the new package. */
export interface PackageOptions {
  readonly names: Names
  readonly rewrites: boolean
  readonly language: Language
}

const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url))
const KINDS = ['judging', 'rewriting'] as const

/** Returns the text of each file, by its path in the new package. */
export async function fillTemplate({
  names,
  rewrites,
  language,
}: PackageOptions): Promise<ReadonlyMap<string, string>> {
  const kind = KINDS[rewrites ? 1 : 0]
  const files = new Map<string, string>()
  for (const shared of [join(TEMPLATE, 'every'), join(TEMPLATE, language)]) {
    for (const path of await filesBelow(shared)) {
      const [folder, ...inside] = relative(shared, path).split(sep)
      const special = KINDS.some((one) => one === folder)
      if (special && folder !== kind) continue
      const place = special ? join(...inside) : relative(shared, path)
      files.set(fill(RENAMED[place] ?? place, names), fill(await readFile(path, 'utf8'), names))
    }
  }
  return files
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/**
 * The files that have another name in the template: npm does not publish a `.gitignore`, and tools would take the folder of a
 * `package.json` for a package.
 */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'manifest.json': 'package.json' }

function fill(text: string, names: Names): string {
  return text.replace(/\{\{(package|filter|folder)\}\}/g, (_, name: keyof Names) => names[name])
}
