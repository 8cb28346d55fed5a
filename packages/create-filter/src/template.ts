/**
 * The files of a new package, from those in `template/`: what all packages have, what those of one language have, and of both what
 * only filters that judge or that rewrite have. Names in double braces are filled in, in the files' names too.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Language } from './arguments.js'
import type { Names } from './name.js'

export interface Wish {
  readonly names: Names
  readonly rewrites: boolean
  readonly language: Language
}

const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url))
const KINDS = ['judging', 'rewriting'] as const

/** Paths in the new package, and the text that belongs there. */
export async function fillTemplate({ names, rewrites, language }: Wish): Promise<ReadonlyMap<string, string>> {
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
 * npm leaves a `.gitignore` out of what it publishes, and tools take a `package.json` for the root of a package, so both go by
 * other names in the template.
 */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'manifest.json': 'package.json' }

function fill(text: string, names: Names): string {
  return text.replace(/\{\{(package|filter|folder)\}\}/g, (_, name: keyof Names) => names[name])
}
