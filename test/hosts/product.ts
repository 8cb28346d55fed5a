/** What is installed on a host: this checkout's packages as npm would publish them, and Node.js where the release's is too old. */
import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand } from '../kit/command.js'
import { publishedDirectory } from '../kit/published.js'
import { kept } from './cache.js'
import type { Release } from './releases.js'
import { inTree } from './tree.js'

const ROOT = resolve(import.meta.dirname, '../..')

/** The one package for this machine. npm refuses the others. */
const HANDOVER = `handover-linux-${process.arch}`

/** What README.md names, and the packages of ours that it depends on. */
const PACKAGES = ['sdk', 'master-cf', 'milter', 'handover', HANDOVER, 'runner', 'filter-clamav']

/** Packs the product into a directory. Gives the tarballs. */
export async function pack(directory: string): Promise<readonly string[]> {
  const homes = await Promise.all(PACKAGES.map((name) => publishedDirectory(join(ROOT, 'packages', name))))
  await mkdir(directory, { recursive: true })
  await runCommand('npm', ['pack', '--ignore-scripts', '--pack-destination', directory, ...homes])
  return (await readdir(directory)).map((name) => join(directory, name))
}

/** Installs it with the npm that is there, by the line of README.md, tarballs in place of names. Throws with what npm said. */
export async function install(tree: string, release: Release, tarballs: readonly string[]): Promise<void> {
  if (release.bring !== undefined) await bring(tree, release.bring)
  const packed = join(tree, 'root/packed')
  await mkdir(packed)
  for (const tarball of tarballs) await cp(tarball, join(packed, tarball.split('/').at(-1) ?? ''))
  const environment = await network(tree)
  const { status, stdout, stderr } = await inTree(tree, ['sh', '-c', 'npm install -g /root/packed/*.tgz'], environment)
  if (status !== 0) throw new Error(`npm install -g: status ${status}\n${stdout}${stderr}`)
}

/** Puts Node.js and npm below /usr/local, as an administrator might; from the npm packages of these names. */
async function bring(tree: string, { node, npm }: NonNullable<Release['bring']>): Promise<void> {
  const packages = [`node@${node}`, `npm@${npm}`]
  const prefix = await kept(packages.join('-'), async (draft) => {
    await mkdir(draft)
    await runCommand('npm', ['install', '--prefix', draft, '--no-audit', '--no-fund', ...packages])
  })
  const local = join(tree, 'usr/local')
  await cp(join(prefix, 'node_modules/node/bin/node'), join(local, 'bin/node'), { dereference: true })
  await mkdir(join(local, 'lib/node_modules'), { recursive: true })
  await cp(join(prefix, 'node_modules/npm'), join(local, 'lib/node_modules/npm'), { recursive: true })
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
}

/** How npm reaches the registry that it uses on this machine, as its environment; certificates are copied. */
async function network(tree: string): Promise<Readonly<Record<string, string>>> {
  const keys = ['registry', 'cafile', 'https-proxy', 'proxy', 'noproxy']
  const printed = (await runCommand('npm', ['config', 'get', ...keys])).toString().trim()
  const settings = printed.split('\n').map((line) => line.split(/=(.*)/s) as [string, string])
  const known = settings.filter(([, value]) => value !== '' && value !== 'null')
  const { cafile, ...others } = Object.fromEntries(known)
  if (cafile !== undefined) await cp(cafile, join(tree, 'root/certificates.pem'), { dereference: true })
  const names = Object.entries(others).map(([key, value]) => [`npm_config_${key.replaceAll('-', '_')}`, value] as const)
  return { ...Object.fromEntries(names), ...(cafile !== undefined && { npm_config_cafile: '/root/certificates.pem' }) }
}
