/** Writes a Debian package: its files, the control files beside them (deb-control(5), deb-md5sums(5)), and the archive (deb(5)). */
import { createHash } from 'node:crypto'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from '../test/kit/command.js'
import { type Control, printControl } from './control.js'
import type { Tree } from './tree.js'

export interface DebianPackage {
  readonly control: Control
  readonly tree: Tree
  /** The maintainer scripts and other control files by their names: `postinst`, `triggers`. */
  readonly scripts: ReadonlyMap<string, string>
}

export interface Release {
  readonly revision: string
  readonly date: Date
}

/** Control files that dpkg runs. */
const RUN = ['preinst', 'postinst', 'prerm', 'postrm']

/** Gives the path of the archive. */
export async function writeArchive(
  { control, tree, scripts }: DebianPackage,
  { out, scratch, release }: { readonly out: string; readonly scratch: string; readonly release: Release },
): Promise<string> {
  const file = `${control.Package}_${control.Version}_${control.Architecture}.deb`
  const root = join(scratch, 'trees', file)
  const write = async (path: string, content: Buffer | string, mode: number): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
    await chmod(join(root, path), mode)
  }
  const sums: string[] = []
  for (const [path, entry] of tree.entries) {
    if (entry.kind === 'file') {
      await write(path, entry.content, entry.mode)
      sums.push(`${createHash('md5').update(entry.content).digest('hex')}  ${path}\n`)
    } else {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await symlink(entry.target, join(root, path))
    }
  }
  await write('DEBIAN/control', printControl(control, tree.kilobytes), 0o644)
  await write('DEBIAN/md5sums', sums.join(''), 0o644)
  if (tree.conffiles.length > 0) {
    await write('DEBIAN/conffiles', tree.conffiles.map((path) => `/${path}\n`).join(''), 0o644)
  }
  for (const [name, text] of scripts) await write(`DEBIAN/${name}`, text, RUN.includes(name) ? 0o755 : 0o644)
  // Whoever runs this may have another umask.
  await runCommand('find', [root, '-type', 'd', '-exec', 'chmod', '755', '{}', '+'])
  const env = { SOURCE_DATE_EPOCH: String(release.date.getTime() / 1_000) }
  await runCommand('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', root, join(out, file)], { env })
  return join(out, file)
}
