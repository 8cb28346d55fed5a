/** `candy add`: a filter package into filters.d. Finds it or installs it, and copies the drop-in that it ships. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { filtersDirectory, readConfiguration } from '../site/configuration.js'
import { locatePackage } from '../site/locate.js'
import { install, PrefixError, type Requested, readRequest } from '../site/prefix.js'
import { printProblem } from '../site/problem.js'
import type { Settings } from '../site/settings.js'
import { readShippedDropIn } from '../site/shipped-drop-in.js'
import { findConfigDirectory } from './config-directory.js'
import { EX_CONFIG, EX_UNAVAILABLE, EX_USAGE } from './exit-status.js'
import { Failure } from './failure.js'
import { assertRoot, readSound } from './postfix-command.js'
import { printReload, reloadService } from './runner-reload.js'

interface AddOptions {
  readonly config?: string
  readonly as?: string
  readonly dryRun?: true
  readonly json?: true
}

/** What became of one package's drop-in. */
interface Added {
  readonly package: string
  readonly path: string
  readonly became: 'added' | 'put back' | 'there already' | 'beside yours'
}

export function addAdd(candy: Command): void {
  candy
    .command('add')
    .description('install a filter package, unless it is there, and put its drop-in into filters.d')
    .argument('<package...>', 'names, directories, or tarballs made by npm pack (several at once need no network)')
    .option('--as <NN-name>', 'the name of the drop-in, for a second instance of the same filter')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit status: 0 done, 64 usage, 69 not installed or not a filter, 78 configuration.')
    .action((texts: string[], _, command: Command) => add(texts, command.optsWithGlobals<AddOptions>()))
}

async function add(texts: readonly string[], options: AddOptions): Promise<void> {
  if (options.as !== undefined && !/^[A-Za-z0-9_-]+$/.test(options.as)) {
    throw new Failure(EX_USAGE, `--as ${options.as}: letters, digits, _ and - make a name, 50-clamav say`)
  }
  const configDirectory = resolve(await findConfigDirectory(options.config))
  const settings = readSound(configDirectory)
  const directory = filtersDirectory({ configDirectory })
  if (!existsSync(directory)) {
    throw new Failure(EX_CONFIG, `${directory}: no such directory; "candy enable" makes it`)
  }
  const requests = await Promise.all(texts.map(read))
  const wanted = requests.filter(({ name, local }) => local || locatePackage(name, settings.state) === undefined)
  if (options.dryRun) {
    for (const { spec } of wanted) console.log(`install ${spec} into ${join(settings.state, 'packages')}`)
    for (const { name } of requests) console.log(`put the drop-in of ${name} into ${directory}`)
    return
  }
  assertRoot('candy add')
  process.umask(0o022)
  if (wanted.length > 0) await installAll(settings, wanted)
  const added = requests.flatMap((request) => place(request, settings, directory, options.as) ?? [])
  if (added.length === 0) {
    throw new Failure(EX_UNAVAILABLE, `${texts.join(' ')}: no filter, since none ships one file filters.d/NN-name.toml`)
  }
  await assertSound(configDirectory, added)
  if (options.json) console.log(JSON.stringify({ version: 1, added }))
  else for (const one of added) console.log(describe(one))
  if (settings.mode === 'smtp') printReload(await reloadService(settings.state))
}

async function read(text: string): Promise<Requested> {
  try {
    return await readRequest(text)
  } catch (error) {
    throw error instanceof PrefixError ? new Failure(EX_UNAVAILABLE, error.message) : error
  }
}

async function installAll({ state }: Settings, wanted: readonly Requested[]): Promise<void> {
  if (!existsSync(state)) throw new Failure(EX_CONFIG, `${state}: no such directory; "candy enable" makes it`)
  console.error(`installing ${wanted.map(({ spec }) => spec).join(' ')} ...`)
  try {
    await install(
      state,
      wanted.map(({ spec }) => spec),
    )
  } catch (error) {
    throw error instanceof PrefixError ? new Failure(EX_UNAVAILABLE, error.message) : error
  }
}

/** The drop-in of a package, where it ships one; a file that the operator has is never overwritten. */
function place({ name }: Requested, { state }: Settings, directory: string, as: string | undefined): Added | undefined {
  const location = locatePackage(name, state)
  const shipped = location && readShippedDropIn(location.directory)
  if (shipped === undefined) return undefined
  const path = join(directory, `${as ?? shipped.name}.toml`)
  if (existsSync(path)) {
    if (readFileSync(path, 'utf8') === shipped.text) return { package: name, path, became: 'there already' }
    write(`${path}.candy-new`, shipped.text)
    return { package: name, path, became: 'beside yours' }
  }
  if (existsSync(`${path}.disabled`)) {
    renameSync(`${path}.disabled`, path)
    return { package: name, path, became: 'put back' }
  }
  write(path, shipped.text)
  return { package: name, path, became: 'added' }
}

/** Appears whole or not at all: mail may be judged at this moment. The name in between is one that is ignored. */
function write(path: string, text: string): void {
  const draft = join(resolve(path, '..'), `.${process.pid}.candy-add`)
  writeFileSync(draft, text, { mode: 0o644 })
  renameSync(draft, path)
}

/** A drop-in that keeps the site from loading would hold up all mail: it goes again. */
async function assertSound(configDirectory: string, added: readonly Added[]): Promise<void> {
  const mine = added.filter(({ became }) => became === 'added' || became === 'put back')
  const configuration = await readConfiguration({ configDirectory })
  const problems = configuration.problems.filter(({ file }) => mine.some(({ path }) => path === file))
  if (problems.length === 0) return
  for (const { path } of mine) renameSync(path, `${path}.disabled`)
  const out = mine.map(({ path }) => `${path}.disabled`).join(', ')
  throw new Failure(EX_CONFIG, `${problems.map(printProblem).join('\n')}\ntaken out again: ${out}`)
}

function describe({ package: name, path, became }: Added): string {
  if (became === 'beside yours') return `${path} stays as it is; what ${name} ships now is beside it: ${path}.candy-new`
  return `${path}: ${became} (${name})`
}
