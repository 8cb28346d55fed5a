/**
 * The walls between packages and floors, as docs/architecture.md draws them: who may import whom. Biome's rules are made from
 * this table (biome.walls.json), and so are the violations that are planted to see whether they stand.
 */

/** A folder with a wall around it. */
export interface Room {
  readonly folder: string
  /** Packages of ours that a file in it may import, or one entry of a package; all others it may not. */
  readonly packages: readonly string[]
  /** Other folders that it may not import, as Biome's patterns. */
  readonly closed: readonly string[]
  /** One of the modules that it may import, beside the packages. */
  readonly open: readonly string[]
  /** Folders in it that have walls of their own. */
  readonly without?: readonly string[]
  /** What whoever tries is told. */
  readonly message: string
}

/** All of ours that something could be imported from. */
export const PACKAGES: readonly string[] = [
  '@candy/create-filter',
  '@candy/filter-clamav',
  '@candy/filter-spamassassin',
  '@candy/master-cf',
  '@candy/runner',
  '@candy/sdk',
]

const RUNNER = 'packages/runner/src'
const SDK = '@candy/sdk'

/** The runner's floors from the top; one may import what stands below it, but for the exceptions. */
const FLOORS = [
  'cli',
  'service',
  'relay',
  'pipe',
  'delivery',
  'filters',
  'packages',
  'script',
  'config',
  'postfix',
  'chain',
  'quarantine',
  'message',
  'smtp',
  'log',
  'os',
] as const
type Floor = (typeof FLOORS)[number]

/** Floors below that are closed all the same. */
const CLOSED: Partial<Readonly<Record<Floor, readonly Floor[]>>> = {
  relay: ['pipe'],
  packages: ['script'],
  quarantine: ['smtp'],
  message: ['smtp'],
  smtp: ['log'],
}

/** Packages that a floor may import, where they are not the SDK alone. */
const OWN: Partial<Readonly<Record<Floor, readonly string[]>>> = {
  postfix: [SDK, '@candy/master-cf'],
  smtp: ['@candy/sdk/values'],
}

function floorRoom(floor: Floor): Room {
  const place = FLOORS.indexOf(floor)
  const closed = [...FLOORS.slice(0, place), ...(CLOSED[floor] ?? [])]
  return {
    folder: `${RUNNER}/${floor}`,
    packages: OWN[floor] ?? [SDK],
    closed: closed.map((name) => `**/${name}/**`),
    open: FLOORS.slice(place + 1)
      .filter((name) => !closed.includes(name))
      .map((name) => `../${name}/x.js`),
    message: `${floor}/ may import only the floors below it and ${(OWN[floor] ?? [SDK]).join(', ') || 'no package of ours'} (docs/architecture.md).`,
  }
}

function packageRoom(folder: string, packages: readonly string[], without?: string): Room {
  const message = `it may import ${packages.join(', ') || 'nothing'} of ours (docs/architecture.md).`
  return {
    folder,
    packages,
    closed: [],
    open: ['./x.js'],
    message,
    ...(without !== undefined && { without: [without] }),
  }
}

/** A folder that speaks a protocol and knows no filter; of the SDK it may know how an address is written. */
function protocolRoom(folder: string): Room {
  return {
    folder,
    packages: ['@candy/sdk/values'],
    closed: ['../*'],
    open: ['./x.js'],
    message: 'a protocol knows no filter (docs/architecture.md).',
  }
}

export const ROOMS: readonly Room[] = [
  ...FLOORS.map(floorRoom),
  packageRoom('packages/sdk/src', []),
  packageRoom('packages/master-cf/src', []),
  packageRoom('packages/filter-clamav/src', [SDK], 'clamd'),
  protocolRoom('packages/filter-clamav/src/clamd'),
  packageRoom('packages/filter-spamassassin/src', [SDK], 'spamd'),
  protocolRoom('packages/filter-spamassassin/src/spamd'),
  packageRoom('packages/create-filter/src', []),
  packageRoom('examples', [SDK]),
]

/** Modules that a file in the room must not import: each closed package, by its name and below, and each closed folder. */
export function forbiddenIn({ packages, closed }: Room): readonly string[] {
  const names = PACKAGES.filter((name) => !packages.includes(name))
  const folders = closed.map((pattern) => pattern.replace('**/', '../').replace(/\*+$/, 'x.js'))
  return [...names, ...names.map((name) => `${name}/deep`), ...folders]
}

/** Modules that it may import. */
export function allowedIn({ packages, open }: Room): readonly string[] {
  return [...packages, ...open]
}

/** Biome's configuration: one override for each room, since a second one would replace the rule of the first. */
export function biomeWalls(): object {
  const overrides = ROOMS.map(({ folder, packages, closed, without = [], message }) => {
    const names = PACKAGES.filter((name) => !packages.includes(name))
    const entries = packages.filter((name) => !PACKAGES.includes(name))
    const group = [...closed, ...names.flatMap((name) => [name, `${name}/**`]), ...entries.map((name) => `!${name}`)]
    const options = { patterns: [{ group, message }] }
    return {
      includes: [`${folder}/**`, ...without.map((name) => `!${folder}/${name}/**`)],
      linter: { rules: { style: { noRestrictedImports: { level: 'error', options } } } },
    }
  })
  return { overrides }
}
