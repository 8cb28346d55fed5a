/** docs/architecture.md against the tree, and against the table of walls that the linter goes by. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { code, ROOT, readPage, readTable } from './kit/pages.js'
import { closedTo, FLOORS, PUBLIC, ROOMS } from './lint/walls.js'

const page = readPage('docs/architecture.md')
const OURS = /^@candy\/([a-z-]+)(?:\/|$)/

/** Names of packages of ours, without the scope, that the published code below a folder may import. */
function importsOf(folder: string): readonly string[] {
  const rooms = ROOMS.filter((room) => room.published && room.folder.startsWith(`${folder}/`))
  return [...new Set(rooms.flatMap(({ may }) => may.flatMap((target) => OURS.exec(target)?.[1] ?? [])))].toSorted()
}

function nameOf(folder: string): string {
  const { name } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as { readonly name: string }
  return `\`${name}\``
}

function foldersIn(directory: string): readonly string[] {
  const entries = readdirSync(join(ROOT, directory), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

describe('the table of packages', () => {
  const rows = readTable(page, 'package').map((row) => ({
    folders: [...(row.package ?? '').matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, folder]) => folder ?? ''),
    is: row.is,
    imports: row['imports of ours'] ?? '',
  }))
  const published = rows.filter(({ folders: [folder = ''] }) => !['packaging', 'test', 'bench'].includes(folder))

  test('has every folder with code, and each package by its name', () => {
    const there = foldersIn('packages').map((name) => `packages/${name}`)
    expect(rows.flatMap(({ folders }) => folders).toSorted()).toEqual(
      [...there, 'examples', 'packaging', 'test', 'bench'].toSorted(),
    )
    for (const { folders, is } of published) {
      for (const folder of folders.filter((one) => one.startsWith('packages/'))) expect(is).toContain(nameOf(folder))
    }
  })

  test.each(published)('says what $folders.0 imports of ours', ({ folders: [folder = ''], imports }) => {
    const names = PUBLIC.flatMap((entry) => OURS.exec(entry)?.[1] ?? [])
    const words: readonly string[] = imports.match(/[a-z-]+/g) ?? []
    expect(words.filter((word) => names.includes(word)).toSorted()).toEqual(importsOf(folder))
    expect(imports === 'nothing').toBe(importsOf(folder).length === 0)
  })

  test('says which floor alone imports master-cf', () => {
    const rooms = ROOMS.filter(({ published, may }) => published && may.includes('@candy/master-cf'))
    const said = rows.map(({ imports }) => /in `([a-z]+)\/` alone master-cf/.exec(imports)?.[1])
    expect(rooms.map(({ folder }) => folder)).toEqual(
      said.filter((floor) => floor !== undefined).map((floor) => `packages/runner/src/${floor}`),
    )
  })
})

describe('the table of floors', () => {
  const rows = readTable(page, 'folder')
  const folders = rows.map((row) => code(row.folder).replace(/\/$/, ''))

  test('has the folders that there are, in the order of the walls', () => {
    expect(folders).toEqual(FLOORS.flat())
    expect(folders.toSorted()).toEqual(foldersIn('packages/runner/src').toSorted())
  })

  test.each(rows)('says what $folder may not import', (row) => {
    const said = [...(row['may not import'] ?? '').matchAll(/`([a-z-]+)\/`/g)].map(([, name]) => name)
    expect(said).toEqual(closedTo(code(row.folder).replace(/\/$/, '')))
  })
})
