/**
 * Biome at work on a copy of the workspace's skeleton: violations are planted there and never in the workspace, so that
 * nothing is left there whatever happens, and runs do not meet.
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tryCommand } from '../kit/command.js'
import type { Violation } from './violations.js'

export const workspace: string = join(import.meta.dirname, '../..')

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[]
}

/** Copies what Biome needs to see: its configuration, every package.json, and the SDK's declarations, which must be built. */
export async function copySkeleton(target: string): Promise<void> {
  for (const name of ['biome.json', 'package.json', 'tsconfig.base.json', '.gitignore']) {
    await cp(join(workspace, name), join(target, name))
  }
  await mkdir(join(target, 'node_modules/@candy'), { recursive: true })
  for (const name of await readdir(join(workspace, 'packages'))) {
    const path = join('packages', name)
    for (const file of ['package.json', 'tsconfig.json']) {
      const source = join(workspace, path, file)
      // A package without TypeScript has no tsconfig.json.
      if (existsSync(source)) await cp(source, join(target, path, file))
    }
    await symlink(join('../..', path), join(target, 'node_modules/@candy', name))
  }
  await cp(join(workspace, 'packages/sdk/dist'), join(target, 'packages/sdk/dist'), { recursive: true })
}

/** Plants each in a file of its own, lints all at once, and returns those whose rule found them. */
export async function caught(directory: string, planted: readonly Violation[]): Promise<ReadonlySet<Violation>> {
  const paths = new Map<string, Violation>()
  for (const violation of planted) {
    const path = join(violation.folder, `planted${paths.size}.ts`)
    await mkdir(join(directory, violation.folder), { recursive: true })
    await writeFile(join(directory, path), violation.text)
    paths.set(path, violation)
  }
  const { diagnostics } = await lint(directory)
  const found = new Set<Violation>()
  for (const { category, location } of diagnostics) {
    const violation = paths.get(location.path)
    if (violation?.rule === category) found.add(violation)
  }
  return found
}

async function lint(directory: string): Promise<Report> {
  const biome = join(workspace, 'node_modules/.bin/biome')
  const args = ['-C', directory, biome, 'lint', '--reporter=json', '--max-diagnostics=none', 'packages', 'examples']
  const { status, stdout, stderr } = await tryCommand('env', args)
  if (status !== 1) throw new Error(`biome found nothing to object to, or broke (status ${status}):\n${stderr}`)
  return JSON.parse(stdout.toString()) as Report
}
