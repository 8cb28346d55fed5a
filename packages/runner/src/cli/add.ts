/** `candy add`: finds or installs a filter package, and copies the drop-in that the package ships to filters.d. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Settings, soundSettings } from '../config/settings.js'
import { filtersDirectory } from '../filters/configuration.js'
import { ownFilterLike } from '../packages/found-package.js'
import { locatePackage } from '../packages/locate.js'
import { type Installed, install, type Requested, readRequest } from '../packages/prefix.js'
import { readShippedDropIn } from '../packages/shipped-drop-in.js'
import { EX_CONFIG, EX_UNAVAILABLE, EX_USAGE, Failure } from './failure.js'
import { checkFilters, type FilterCheck } from './filter-check.js'
import { addHelp } from './help-text.js'
import { changeInstance, findConfigDirectory } from './postfix-instance.js'
import { printReload, reloadAfter } from './reload.js'

interface AddOptions {
  readonly config?: string
  readonly as?: string
  readonly exact?: true
  readonly dryRun?: true
  readonly json?: true
}

/** What was done with the drop-in of one package. */
interface Added {
  readonly package: string
  readonly path: string
  /**
   * `put back`: it had been renamed by `candy remove`. `kept yours`: the operator's file differs and stays, and the package's is beside
   * it as `.candy-new`.
   */
  readonly result: 'added' | 'put back' | 'there already' | 'kept yours'
}

export function addAdd(candy: Command): void {
  const command = candy
    .command('add')
    .summary('install a filter, and put it into filters.d')
    .description('install a filter package, unless it is there, and put its drop-in into filters.d')
    .argument('<package...>', 'names, directories, or tarballs made by npm pack (several at once need no network)')
    .option('--as <NN-name>', 'the name of the drop-in, for a second instance of the same filter')
    .option('--exact', 'install a package although its name is near to that of a filter of this project')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--json', 'print JSON')
    .action((texts: string[], _, command: Command) => add(texts, command.optsWithGlobals<AddOptions>()))
  addHelp(command, {
    notes: [
      'A drop-in that is there already is left as it is, and the new one is put beside it as NAME.candy-new. A drop-in that does not load is removed again.',
    ],
    examples: [
      ['candy add @candy/filter-clamav', 'filter with ClamAV'],
      [
        'candy add --as 60-strict @candy/filter-spamassassin',
        'a second filter of the same package, with options of its own',
      ],
    ],
    exits: {
      0: 'done, and in force where "candy serve" runs',
      64: 'the command line is wrong',
      69: 'not installed, or not a filter',
      78: 'something in the configuration is wrong',
    },
  })
}

async function add(texts: readonly string[], options: AddOptions): Promise<void> {
  if (options.as !== undefined && !/^[A-Za-z0-9_-]+$/.test(options.as)) {
    throw new Failure(EX_USAGE, `--as ${options.as}: letters, digits, _ and - make a name, 50-clamav say`)
  }
  const configDirectory = await findConfigDirectory(options.config)
  const settings = soundSettings(configDirectory)
  const directory = filtersDirectory({ configDirectory })
  if (!existsSync(directory)) {
    throw new Failure(EX_CONFIG, `${directory}: no such directory; "candy enable" makes it`)
  }
  const requests = await Promise.all(texts.map(readRequest))
  const wanted = requests.filter(({ name, local }) => local || locatePackage(name, settings.state) === undefined)
  if (!options.exact) for (const { name, local } of wanted) if (!local) assertMeant(name)
  if (options.dryRun) {
    for (const { spec } of wanted) console.log(`install ${spec} into ${join(settings.state, 'packages')}`)
    for (const { name } of requests) console.log(`put the drop-in of ${name} into ${directory}`)
    return
  }
  const job = { texts, options, configDirectory, settings, directory, requests, wanted }
  await changeInstance('candy add', configDirectory, () => addFilters(job))
}

/** The request, after all checks that change nothing. */
interface Job {
  readonly texts: readonly string[]
  readonly options: AddOptions
  readonly configDirectory: string
  readonly settings: Settings
  /** filters.d */
  readonly directory: string
  readonly requests: readonly Requested[]
  /** The packages that have to be installed. */
  readonly wanted: readonly Requested[]
}

async function addFilters({
  texts,
  options,
  configDirectory,
  settings,
  directory,
  requests,
  wanted,
}: Job): Promise<void> {
  process.umask(0o022)
  const installed = wanted.length > 0 ? await installAll(settings, wanted) : undefined
  let added: readonly Added[] = []
  let check: FilterCheck
  try {
    added = requests.flatMap((request) => putDropIn(request, settings, directory, options.as) ?? [])
    if (added.length === 0) {
      const none = 'no filter, since none ships one file filters.d/NN-name.toml'
      throw new Failure(EX_UNAVAILABLE, `${texts.join(' ')}: ${none}`)
    }
    check = await checkFilters(configDirectory)
    assertSound(check.problems, added)
  } catch (error) {
    const renamed = removeAdded(added)
    await installed?.undo()
    throw error instanceof Failure && renamed.length > 0
      ? new Failure(error.status, `${error.message}\ntaken out again: ${renamed.join(', ')}`)
      : error
  }
  const { inForce, answer: reload } = await reloadAfter(settings)
  if (inForce) await installed?.removeOldTrees()
  const names = added.map(({ path }) => basename(path, '.toml'))
  const health = check.health.filter(({ name }) => names.includes(name))
  if (options.json) console.log(JSON.stringify({ version: 1, added, health, reload: reload ?? null }))
  else {
    for (const one of added) console.log(describe(one))
    for (const { name, ok, text } of health) console.error(`${ok ? '' : 'warning: '}${name}: ${text}`)
    if (reload !== undefined) printReload(reload)
    else for (const problem of check.problems) console.error(problem)
  }
  if (check.problems.length > 0 || reload?.reloaded === false) process.exitCode = EX_CONFIG
}

/**
 * Throws Failure when the name is probably a typing error, so that no package is installed that somebody else has published under
 * it.
 */
function assertMeant(name: string): void {
  const hint = ownFilterLike(name)
  if (hint === undefined) return
  throw new Failure(
    EX_UNAVAILABLE,
    `${name} is not here, and its name is near to that of ${hint}: did you mean that? Nothing was installed; --exact installs ${name} all the same`,
  )
}

/** Installs the packages in the state directory. */
async function installAll({ state }: Settings, wanted: readonly Requested[]): Promise<Installed> {
  if (!existsSync(state)) throw new Failure(EX_CONFIG, `${state}: no such directory; "candy enable" makes it`)
  console.error(`installing ${wanted.map(({ spec }) => spec).join(' ')} ...`)
  return install(state, wanted)
}

/**
 * Puts the drop-in of a package into filters.d; undefined where the package ships none. An operator's file is never overwritten.
 */
function putDropIn(
  { name }: Requested,
  { state }: Settings,
  directory: string,
  as: string | undefined,
): Added | undefined {
  const location = locatePackage(name, state)
  const shipped = location && readShippedDropIn(location.directory)
  if (shipped === undefined) return undefined
  const path = join(directory, `${as ?? shipped.name}.toml`)
  if (existsSync(path)) {
    if (readFileSync(path, 'utf8') === shipped.text) return { package: name, path, result: 'there already' }
    write(`${path}.candy-new`, shipped.text)
    return { package: name, path, result: 'kept yours' }
  }
  if (existsSync(`${path}.disabled`)) {
    renameSync(`${path}.disabled`, path)
    return { package: name, path, result: 'put back' }
  }
  write(path, shipped.text)
  return { package: name, path, result: 'added' }
}

/**
 * Writes a file under a name that is ignored in filters.d, and then renames it, because the service may read filters.d at any
 * moment.
 */
function write(path: string, text: string): void {
  const draft = join(resolve(path, '..'), `.${process.pid}.candy-add`)
  writeFileSync(draft, text, { mode: 0o644 })
  renameSync(draft, path)
}

/** Throws Failure with the problems of the drop-ins that were added, because one that cannot be loaded would delay all mail. */
function assertSound(problems: readonly string[], added: readonly Added[]): void {
  const own = problems.filter(
    (problem) => !problem.startsWith('/') || added.some(({ path }) => problem.startsWith(`${path}:`)),
  )
  if (own.length > 0) throw new Failure(EX_CONFIG, own.join('\n'))
}

/** Renames the drop-ins that were added so that they are ignored. Returns the new paths. */
function removeAdded(added: readonly Added[]): readonly string[] {
  return added
    .filter(({ result }) => result === 'added' || result === 'put back')
    .map(({ path }) => {
      renameSync(path, `${path}.disabled`)
      return `${path}.disabled`
    })
}

function describe({ package: name, path, result }: Added): string {
  if (result === 'kept yours') return `${path} stays as it is; what ${name} ships now is beside it: ${path}.candy-new`
  return `${path}: ${result} (${name})`
}
