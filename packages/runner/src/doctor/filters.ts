/**
 * Whether the filters can be loaded, and what each says of its scanner when it is asked as the account candy (`check()`). Which
 * packages the drop-ins name, where these are and which services they need root reads itself, from files that are root's alone: no
 * command that is printed depends on what a filter says (docs/decisions/0032).
 */
import { isAbsolute } from 'node:path'
import { printable } from '@candy/sdk'
import { printProblem } from '../config/problem.js'
import { readConfiguration, type Source } from '../filters/configuration.js'
import { counted } from '../log/counting.js'
import { ownFilterLike } from '../packages/found-package.js'
import { locatePackage } from '../packages/locate.js'
import { readNeededServices } from '../packages/needed-services.js'
import { ailing, type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'
import { commandsToStartServices } from './stopped-services.js'

export async function examineFilters({ asCandy, candy, instance, toml }: Host): Promise<readonly Observation[]> {
  const [{ problems, health, filters }, configuration] = await Promise.all([
    asCandy.filters(),
    readConfiguration({ configDirectory: instance.configDirectory, ownershipCheck: 'module' }),
  ])
  if (problems.length > 0) {
    const missing = configuration.sources.flatMap((source) => missingPackage(source, toml.state) ?? [])
    const told = configuration.problems
      .filter(({ file }) => missing.some(({ path }) => path === file))
      .map((problem) => printable(printProblem(problem)))
    return [
      ...missing.map(({ path, name, stem }) =>
        urgent(
          `${path}: the package ${name} is not installed`,
          `The service goes on with what it has; without one, in mode pipe, all mail waits. The command installs the package for this drop-in from the npm registry; if it came from a directory or a tarball, name that instead. Where the filter is not wanted any more, candy remove ${stem} takes the drop-in away.`,
          [candy('add', name, '--as', stem)],
        ),
      ),
      ...problems
        .filter((problem) => !told.includes(problem))
        .map((problem) =>
          urgent(
            problem,
            'What is wrong is never put in force: the service goes on with what it has; without one, in mode pipe, all mail waits. Mend the file, then type the command.',
            [candy('reload')],
          ),
        ),
    ]
  }
  if (filters.length === 0) {
    return [
      ailing(`${instance.configDirectory}/filters.d has no filters`, 'All mail passes unfiltered.', [
        candy('add', '@candy/filter-clamav'),
      ]),
    ]
  }
  const silent = filters.length - health.length
  const found = health.map(async ({ name, ok, text }) => {
    if (ok) return well(`${name}: ${text}`)
    return urgent(
      `${name}: ${text}`,
      'Mail waits while the filter cannot decide, or is not judged as it should be; on_error in its drop-in says which.',
      await commandsToStartServices(servicesOf(configuration.sources, name)),
    )
  })
  return [
    ...(await Promise.all(found)),
    ...(silent === 0 ? [] : [well(`${counted(silent, 'filter')} can be loaded, with no scanner to ask`)]),
  ]
}

interface MissingPackage {
  /** The drop-in, and its name without the suffix. */
  readonly path: string
  readonly stem: string
  readonly name: string
}

/** Undefined also where the name is a path, or so near to that of a filter of this project that it may be a mistake. */
function missingPackage(source: Source, state: string): MissingPackage | undefined {
  const name = source.kind === 'drop-in' ? source.dropIn?.filter : undefined
  if (name === undefined || isAbsolute(name) || ownFilterLike(name) !== undefined) return undefined
  return locatePackage(name, state) === undefined ? { path: source.path, stem: source.name, name } : undefined
}

function servicesOf(sources: readonly Source[], name: string): readonly string[] {
  const source = sources.find((one) => one.kind === 'drop-in' && one.name === name)
  return source?.kind === 'drop-in' && source.package !== undefined ? readNeededServices(source.package.directory) : []
}
