/** Whether one import is allowed: by the table of walls, and by the package.json of the package that imports. */
import { dirname, join } from 'node:path/posix'
import { LOADERS, ROOMS, type Room } from './walls.js'

/** What a package.json says about packages that may be imported. */
export interface Manifest {
  /** A path from the root of the repository. */
  readonly path: string
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
}

/** Package.json files by their directory; '.' is the root's. */
export type Manifests = ReadonlyMap<string, Manifest>

const TABLE = 'test/lint/walls.ts'

/** Nothing that Node.js would decode or read as a URL. */
const PLAIN = /^[\w@./-]+$/

/** What is wrong with a file that imports this; undefined when nothing is. A specifier that is computed is undefined. */
export function problemOf(path: string, specifier: string | undefined, manifests: Manifests): string | undefined {
  const room = roomOf(path)
  if (room === undefined) return `no wall stands around ${dirname(path)}: add the folder to ${TABLE}`
  if (specifier === undefined || specifier === 'node:module') {
    if (room.published !== true || LOADERS.includes(path)) return undefined
    const what = specifier ?? 'what is computed'
    return `must not import ${what}, since then nobody knows what it loads; LOADERS in ${TABLE} are the files that may`
  }
  if (specifier.startsWith('node:')) return undefined
  if (!PLAIN.test(specifier) || specifier.startsWith('/')) {
    return `must import by a relative path or by the name of a package, and not ${JSON.stringify(specifier)}`
  }
  return specifier.startsWith('.')
    ? problemOfFile(path, room, specifier)
    : problemOfPackage(path, room, specifier, manifests)
}

/** The innermost room that a file is in. */
export function roomOf(path: string): Room | undefined {
  const folder = innermost(
    path,
    ROOMS.map((room) => room.folder),
  )
  return ROOMS.find((room) => room.folder === folder)
}

function innermost(path: string, folders: readonly string[]): string | undefined {
  const around = folders.filter((folder) => path === folder || path.startsWith(`${folder}/`))
  return around.toSorted((a, b) => b.length - a.length)[0]
}

function problemOfFile(path: string, { folder, may }: Room, specifier: string): string | undefined {
  const target = join(dirname(path), specifier)
  const hit = innermost(target, [...ROOMS.map((room) => room.folder), ...may])
  if (hit !== undefined && (hit === folder || may.includes(hit))) return undefined
  return forbidden(folder, hit ?? target)
}

function problemOfPackage(path: string, room: Room, specifier: string, manifests: Manifests): string | undefined {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const ours = name.startsWith('@candy/')
  if (ours && !room.may.includes(specifier)) return forbidden(room.folder, specifier)
  const own = manifestOf(path, manifests)
  if (own?.dependencies.includes(name)) return undefined
  if (room.published) {
    const workspace = dirname(own?.path ?? '')
    return `${name} is not among the dependencies in ${own?.path}: npm install --workspace ${workspace} ${name}`
  }
  const others = [...(own?.devDependencies ?? []), ...(manifests.get('.')?.devDependencies ?? [])]
  if (ours || others.includes(name)) return undefined
  return `${name} is not among the devDependencies in package.json: npm install --save-dev ${name}`
}

function forbidden(folder: string, target: string): string {
  return `${folder} must not import ${target}; ${TABLE} says what it may`
}

/** The nearest. */
function manifestOf(path: string, manifests: Manifests): Manifest | undefined {
  const directory = dirname(path)
  return manifests.get(directory) ?? (directory === '.' ? undefined : manifestOf(directory, manifests))
}
