/** The Debian packages for a host: those of this checkout, the same of a later version, and packages of strangers. */
import { chmod, cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { makePackages } from '../../packaging/deb.js'
import { runCommand } from '../kit/command.js'

/** The version of the packages that are later. */
export const LATER = '9.0.0'

/** A file with code that the earlier version has in memory, and that the later one does not have any more. */
const RENAMED = 'own-id.js'

/** Makes those of this checkout for this machine. Gives the paths of postfix-candy, and of the filter for clamd. */
export async function ownPackages(out: string): Promise<readonly [runner: string, filter: string]> {
  const made = await makePackages({ out, revision: '1' })
  const [architecture] = (await runCommand('dpkg', ['--print-architecture'])).toString().split('\n')
  const find = (pattern: RegExp): string => {
    const found = made.find((path) => pattern.test(basename(path)))
    if (found === undefined) throw new Error(`none of ${made.join(' ')} is ${pattern}`)
    return found
  }
  return [find(new RegExp(`^postfix-candy_.*_${architecture}\\.deb$`)), find(/^candy-filter-clamav_/)]
}

/** Makes a later version of postfix-candy: the code that the earlier one runs is gone once it is unpacked. */
export async function laterPackage(path: string, scratch: string): Promise<string> {
  const tree = join(scratch, 'later')
  await runCommand('dpkg-deb', ['-R', path, tree])
  const home = join(tree, 'usr/lib/postfix-candy/node_modules/@candy/runner')
  await edit(join(tree, 'DEBIAN/control'), (text) => text.replace(/^Version: .*$/m, `Version: ${LATER}-1`))
  await edit(join(home, 'package.json'), (text) => text.replace(/"version": "[^"]*"/, `"version": "${LATER}"`))
  const code = join(home, 'dist/command')
  await rename(join(code, RENAMED), join(code, `later-${RENAMED}`))
  for (const user of await readdir(code)) {
    await edit(join(code, user), (text) => text.replaceAll(`./${RENAMED}`, `./later-${RENAMED}`))
  }
  return build(tree, `postfix-candy_${LATER}-1.deb`)
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')))
}

/** Makes a package of somebody else, of files by their paths. Their drop-ins are conffiles. */
export async function strangersPackage(
  name: string,
  files: Readonly<Record<string, string>>,
  scratch: string,
): Promise<string> {
  const tree = join(scratch, name)
  const conffiles = Object.keys(files).filter((path) => path.startsWith('/etc/'))
  const control = `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Somebody <somebody@example.org>\nDepends: postfix-candy\nDescription: of somebody else\n`
  const all = {
    ...files,
    '/DEBIAN/control': control,
    '/DEBIAN/conffiles': conffiles.map((path) => `${path}\n`).join(''),
  }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), text)
  }
  await runCommand('chmod', ['-R', 'go=rX', tree])
  await chmod(join(tree, 'DEBIAN'), 0o755)
  return build(tree, `${name}.deb`)
}

async function build(tree: string, name: string): Promise<string> {
  const path = join(dirname(tree), name)
  await runCommand('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, path])
  return path
}

/** Puts packages where the administrator of a host can name them: `/root/NAME`. */
export async function bringPackages(tree: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) await cp(path, join(tree, 'root', basename(path)))
}
