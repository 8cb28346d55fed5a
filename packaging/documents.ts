/** Where Debian has manual pages and completions; the runner publishes them in `man` and `completions`. */
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { filesBelow, type Tree } from './tree.js'

/** Where each shell looks for the completion of the command candy, by the file's name. */
const COMPLETIONS: Readonly<Record<string, (name: string) => string>> = {
  '.bash': (name) => `usr/share/bash-completion/completions/${name.slice(0, -'.bash'.length)}`,
  '.fish': (name) => `usr/share/fish/vendor_completions.d/${name}`,
  '': (name) => `usr/share/zsh/vendor-completions/${name}`,
}

/** Adds what is in `man` and `completions` of a published package. */
export function addDocuments(tree: Tree, directory: string): void {
  const manual = join(directory, 'man')
  for (const name of filesBelow(manual)) {
    tree.addCompressed(`usr/share/man/man${extname(name).slice(1)}/${name}`, readFileSync(join(manual, name)))
  }
  const completions = join(directory, 'completions')
  for (const name of filesBelow(completions)) {
    const place = COMPLETIONS[extname(name)]
    if (place !== undefined) tree.addFile(place(name), readFileSync(join(completions, name)))
  }
}
