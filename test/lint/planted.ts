/** Imports made from the table of walls: for each room those that it must not have, and those that it may. */
import { dirname, relative } from 'node:path/posix'
import { PUBLIC, ROOMS, type Room } from './walls.js'

/** Every way to import something. `@` stands for the specifier in its quotes. */
const FORMS: readonly string[] = [
  'import { x } from @',
  'import type { X } from @',
  'import { type X } from @',
  'import * as x from @',
  'import @',
  'export { x } from @',
  'export type { X } from @',
  'export * from @',
  'export const x = (): Promise<unknown> => import(@)',
  'export type X = import(@).X',
  'import x = require(@)',
  'const x = require(@)',
  'const x = require.resolve(@)',
  'const x = import.meta.resolve(@)',
]

const PACKAGES = ['sdk', 'master-cf', 'milter', 'filter-clamav', 'filter-spamassassin', 'create-filter', 'runner']

/** A module with an import on each line. */
export function moduleOf(imports: readonly string[]): string {
  return imports.map((line) => `${line}\n`).join('')
}

/** The path of a module in a room. */
export function moduleIn({ folder }: Room): string {
  return folder.endsWith('.ts') ? folder : `${folder}/planted.ts`
}

/** Imports that a module of this room must not have: all that is closed to it in every form, and in disguise in one form each. */
export function forbiddenIn(room: Room): readonly string[] {
  const own = moduleIn(room)
  const others = ROOMS.filter(({ folder }) => folder !== room.folder && !room.may.includes(folder))
  const files = others.map(moduleIn)
  const direct = files.map((path) => specifierOf(path, own))
  const disguised = [...files.flatMap((path) => disguises(path, own)), ...builtFiles(room), ...packagesClosedTo(room)]
  return [...inEveryForm(direct), ...disguised.map((specifier, at) => inForm(FORMS[at % FORMS.length], specifier))]
}

/** Imports that a module of this room may have, in every form. */
export function allowedIn(room: Room): readonly string[] {
  const own = moduleIn(room)
  const others = room.may.map((target) => (target.startsWith('@') ? target : specifierOf(`${target}/planted.ts`, own)))
  return inEveryForm([...others, ...(own === room.folder ? [] : ['./planted.js']), 'node:fs'])
}

function inEveryForm(specifiers: readonly string[]): readonly string[] {
  return specifiers.flatMap((specifier) => FORMS.map((form) => inForm(form, specifier)))
}

function inForm(form = '', specifier: string): string {
  return form.replace('@', `'${specifier}'`)
}

/** Other ways to write the path from one file to another, and what is no path to TypeScript but one to Node.js. */
function disguises(target: string, from: string): readonly string[] {
  const direct = specifierOf(target, from)
  const up = relative(dirname(from), '.')
  const firstMail = /[a-z]/
  return [
    `./${direct}`,
    direct.replace(/[^/]+$/, './$&'),
    direct.replace(/[^/]+$/, 'x/../$&'),
    `./${up}/${target}`,
    direct.replace(firstMail, (mail) => `%${mail.charCodeAt(0).toString(16)}`),
    `/${target}`,
    `file:///${target}`,
    `#${target}`,
  ]
}

/** What the packages are built into, and where npm puts it. */
function builtFiles(room: Room): readonly string[] {
  const built = PACKAGES.flatMap((name) => [`packages/${name}/dist/x.js`, `node_modules/@candy/${name}/dist/x.js`])
  const closed = built.filter((path) => !room.may.some((folder) => path.startsWith(`${folder}/`)))
  return closed.map((path) => specifierOf(path, moduleIn(room)))
}

/** Packages of ours, files below them, and packages that no package.json names. */
function packagesClosedTo({ may, published }: Room): readonly string[] {
  const names = PACKAGES.map((name) => `@candy/${name}`)
  const ours = [...names, ...PUBLIC].filter((name) => !may.includes(name))
  const deep = names.flatMap((name) => [`${name}/src/index.js`, `${name}/dist/index.js`])
  const undeclared = ['nobody-declares-this', '@nobody/declares-this/deep']
  return [...ours, ...deep, ...undeclared, ...(published ? ['vitest', 'node:module'] : [])]
}

function specifierOf(target: string, from: string): string {
  const path = relative(dirname(from), target).replace(/\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}
