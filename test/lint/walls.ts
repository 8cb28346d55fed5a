/**
 * The walls between packages and between the floors of the runner, as docs/architecture.md draws them: which folder may import
 * what. `npm run lint` holds every import to this table, and test/lint.test.ts plants violations that are made from it.
 */

/** A folder with a wall around it. */
export interface Room {
  /** A path from the root of the repository. A room that lies inside another one is closed to it like any other. */
  readonly folder: string
  /** What its files may import beside each other: other folders, and entries of packages of ours. */
  readonly may: readonly string[]
  /** Its code runs where only the `dependencies` of its package are installed. */
  readonly published?: true
}

const SDK = ['@candy/sdk', '@candy/sdk/values']
const FAILOVER = '@candy/sdk/failover'
const TESTING = '@candy/sdk/testing'
const MASTER_CF = '@candy/master-cf'
/** It has no code to import: its manifest says where it is installed, and names the package for each platform. */
const HANDOVER = '@candy/handover/package.json'
const MILTER = '@candy/milter'

/** Daemons, clients and temporary directories for tests. */
const TEST_KIT = 'test/kit'

/**
 * The floors of the runner from the top, each with its folders. A folder may import the folders of all floors below; folders of
 * one floor may not import each other.
 */
export const FLOORS: readonly (readonly string[])[] = [
  ['cli'],
  ['doctor'],
  ['service'],
  ['relay', 'milter', 'pipe'],
  ['delivery'],
  ['filters'],
  ['packages', 'script'],
  ['trace'],
  ['config'],
  ['postfix'],
  ['chain'],
  ['report'],
  ['quarantine'],
  ['message', 'smtp'],
  ['metrics'],
  ['history'],
  ['log'],
  ['os'],
]

/** Folders of lower floors that are closed all the same. */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  quarantine: ['smtp'],
  report: ['message', 'smtp', 'metrics', 'log', 'os'],
  smtp: ['metrics', 'history', 'log'],
}

/** What a folder of the runner may import of our packages, where that is not the SDK. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  milter: [...SDK, FAILOVER, MILTER],
  postfix: [...SDK, MASTER_CF, HANDOVER, MILTER],
  smtp: ['@candy/sdk/values', FAILOVER],
}

/** The folders on the same floor and below that a folder of the runner may not import. */
export function closedTo(folder: string): readonly string[] {
  const floor = FLOORS.find((folders) => folders.includes(folder)) ?? []
  return [...floor.filter((other) => other !== folder), ...(CLOSED[folder] ?? [])]
}

function roomsOfTheRunner(): readonly Room[] {
  return FLOORS.flatMap((folders, at) =>
    folders.map((folder) => {
      const below = FLOORS.slice(at + 1).flat()
      const open = below.filter((other) => !closedTo(folder).includes(other))
      return sources('packages/runner', [...open.map(inRunner), ...(ENTRIES[folder] ?? SDK)], folder)
    }),
  )
}

function inRunner(folder: string): string {
  return `packages/runner/src/${folder}`
}

/** The sources of a package, or one folder of them. */
function sources(directory: string, may: readonly string[], folder?: string): Room {
  return { folder: [directory, 'src', folder].filter((part) => part !== undefined).join('/'), may, published: true }
}

function tests(directory: string, may: readonly string[]): Room {
  return { folder: `${directory}/test`, may: [TEST_KIT, ...may] }
}

/** A program that loads what was built. */
function program(directory: string): Room {
  return { folder: `${directory}/bin`, may: [`${directory}/dist`], published: true }
}

/** A filter, its client for a scanner's protocol, which knows of no filter, and the tests of both. */
function filter(name: string, protocol: string): readonly Room[] {
  const directory = `packages/filter-${name}`
  const client = `${directory}/src/${protocol}`
  return [
    sources(directory, [client, ...SDK, FAILOVER]),
    sources(directory, [FAILOVER, '@candy/sdk/values'], protocol),
    tests(directory, [`${directory}/src`, client, `@candy/filter-${name}`, ...SDK, FAILOVER, TESTING]),
  ]
}

/** What a third party would write: nothing of this repository but the SDK. */
function example(name: string): readonly Room[] {
  const directory = `examples/filter-${name}`
  return [
    sources(directory, [...SDK, FAILOVER]),
    { folder: `${directory}/test`, may: [`${directory}/src`, ...SDK, TESTING] },
  ]
}

/** All entries of packages of ours. */
export const PUBLIC: readonly string[] = [
  ...SDK,
  FAILOVER,
  TESTING,
  MASTER_CF,
  MILTER,
  '@candy/filter-clamav',
  '@candy/filter-spamassassin',
  HANDOVER,
]

export const ROOMS: readonly Room[] = [
  sources('packages/sdk', ['packages/sdk/src/values']),
  sources('packages/sdk', ['packages/sdk/src'], 'values'),
  sources('packages/sdk', ['packages/sdk/src', 'packages/sdk/src/values'], 'failover'),
  sources('packages/sdk', ['packages/sdk/src', 'packages/sdk/src/values'], 'testing'),
  { folder: 'packages/sdk/build', may: [] },
  tests('packages/sdk', [
    'packages/sdk/src',
    'packages/sdk/src/values',
    'packages/sdk/src/failover',
    'packages/sdk/src/testing',
    'packages/sdk/build',
    ...SDK,
    FAILOVER,
    TESTING,
  ]),

  sources('packages/master-cf', []),
  program('packages/master-cf'),
  tests('packages/master-cf', ['packages/master-cf/src']),

  { folder: 'packages/handover/platform', may: [] },

  sources('packages/milter', []),
  tests('packages/milter', ['packages/milter/src', MILTER]),

  ...filter('clamav', 'clamd'),
  ...filter('spamassassin', 'spamd'),

  sources('packages/create-filter', []),
  program('packages/create-filter'),
  { folder: 'packages/create-filter/template', may: [...SDK, TESTING] },
  tests('packages/create-filter', ['packages/create-filter/src']),

  ...roomsOfTheRunner(),
  program('packages/runner'),
  { folder: 'packages/runner/rolldown.config.ts', may: [] },
  tests('packages/runner', [...FLOORS.flat().map(inRunner), ...SDK, TESTING, MASTER_CF, MILTER]),

  ...['size', 'footer', 'lookup'].flatMap(example),

  // The manual pages are made of the texts of both commands, once these are compiled.
  { folder: 'manual', may: ['test', inRunner('cli'), 'packages/master-cf/src/cli'] },

  // What `candy enable` writes is what the test beds run on, and what `candy doctor` prints is read.
  { folder: 'test', may: ['bench', 'manual', 'packaging', inRunner('postfix'), inRunner('doctor'), ...PUBLIC] },
  { folder: 'bench', may: ['test', ...PUBLIC] },
  // Its tools are installed apart from the workspaces.
  { folder: 'site/src', may: [] },
  { folder: 'packaging', may: ['test'] },
  { folder: 'vitest.config.ts', may: ['test'] },
]

/**
 * Files that load what an operator names, and the one that finds the package for this platform: they alone, of what is published, may
 * import what is computed, and use node:module.
 */
export const LOADERS: readonly string[] = [
  'packages/runner/src/packages/package.ts',
  'packages/runner/src/packages/locate.ts',
  'packages/runner/src/postfix/handover.ts',
]
