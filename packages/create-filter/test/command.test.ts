import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { attempt, files, scratch } from './attempt.js'

const JUDGING = ['.github/workflows/release.yml', '.gitignore', 'README.md', 'filters.d/20-size.toml', 'package.json']

async function made(directory: string): Promise<string[]> {
  return (await files(directory)).map((path) => path.slice(directory.length + 1)).sort()
}

test('makes a TypeScript filter that judges, and asks nothing', async () => {
  const directory = await scratch()
  const { status, stdout, stderr } = await attempt(directory, ['--name', 'size', '--yes'])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^candy-filter-size is in candy-filter-size\./)
  expect(stdout).toContain('npm run build\n')
  const package_ = join(directory, 'candy-filter-size')
  const typescript = ['src/index.ts', 'test/index.test.ts', 'tsconfig.json', 'tsconfig.test.json']
  expect(await made(package_)).toEqual([...JUDGING, ...typescript])
  for (const file of await files(package_)) expect(await readFile(file, 'utf8')).not.toMatch(/\{\{\w/)
})

test('makes a JavaScript filter that rewrites, in the directory that is named', async () => {
  const directory = await scratch()
  const { status } = await attempt(directory, ['here/it', '--name', '@you/foot', '--rewrites', '--javascript', '-y'])
  expect(status).toBe(0)
  const package_ = join(directory, 'here/it')
  const { name, keywords } = JSON.parse(await readFile(join(package_, 'package.json'), 'utf8'))
  expect({ name, keywords }).toEqual({ name: '@you/foot', keywords: ['candy-filter', 'postfix', 'mail'] })
  expect(await made(package_)).toContain('filters.d/80-foot.toml')
  expect(await readFile(join(package_, 'src/index.js'), 'utf8')).toContain('rewrites: true')
})

test('the name is that of the directory, unless it is given', async () => {
  const directory = await scratch()
  expect((await attempt(directory, ['filter-big', '--yes'])).stdout).toMatch(/^filter-big is in filter-big\./)
})

describe('asks what the options leave open', () => {
  test('the name, whether it rewrites, and the language', async () => {
    const directory = await scratch()
    const { status, stdout } = await attempt(directory, [], 'size\ny\nj\n')
    expect(status).toBe(0)
    expect(stdout).toMatch(/called\?.*content\?.*JavaScript\?/s)
    expect(await readFile(join(directory, 'candy-filter-size/src/index.js'), 'utf8')).toContain('rewrites: true')
  })

  test('and nothing else', async () => {
    const directory = await scratch()
    const { status, stdout } = await attempt(directory, ['--name', 'size', '--javascript'], 'n\n')
    expect(status).toBe(0)
    expect(stdout.match(/\?/g)).toHaveLength(1)
  })

  test('again, when it does not understand', async () => {
    const directory = await scratch()
    const { status, stdout } = await attempt(directory, [], '../up\nSize\nsize\nperhaps\n\nc++\n\n')
    expect(status).toBe(0)
    expect(stdout).toContain('lower-case letters')
    expect(stdout).toContain('y or n, please')
    expect(stdout).toContain('t or j, please')
    expect(await made(directory)).toContain('candy-filter-size/src/index.ts')
  })

  test('and makes nothing when the input ends', async () => {
    const directory = await scratch()
    const { status, stderr } = await attempt(directory, [], 'size\n')
    expect(status).toBe(64)
    expect(stderr).toContain('--yes asks nothing')
    expect(await made(directory)).toEqual([])
  })
})

test.each([
  [['--yes'], 'say --name'],
  [['--nmae', 'x'], "Unknown option '--nmae'"],
  [['--name'], "Option '--name <value>' argument missing"],
  [['--name', '../up', '--yes'], '"../up" is no name'],
  [['--name', 'x\ny', '--yes'], String.raw`"x\ny" is no name`],
  [['--name', '@a/../../b', '--yes'], 'is no name'],
  [['--name', '', '--yes'], '"" is no name'],
  [['Upper', '--yes'], '"Upper" is no name'],
  [['a', 'b', '--name', 'x', '--yes'], 'one directory is enough: b'],
])('%j is a usage error, and makes nothing', async (argv, complaint) => {
  const directory = await scratch()
  const { status, stderr } = await attempt(directory, argv)
  expect(status).toBe(64)
  expect(stderr).toContain(complaint)
  expect(await made(directory)).toEqual([])
})

describe('a directory', () => {
  test('that is not empty is left alone', async () => {
    const directory = await scratch()
    await mkdir(join(directory, 'candy-filter-size'))
    await writeFile(join(directory, 'candy-filter-size/.hidden'), 'mine')
    const { status, stderr } = await attempt(directory, ['--name', 'size', '--yes'])
    expect(status).toBe(73)
    expect(stderr).toContain('candy-filter-size is not empty')
    expect(await made(directory)).toEqual(['candy-filter-size/.hidden'])
  })

  test('that is empty is taken', async () => {
    const directory = await scratch()
    expect((await attempt(directory, ['.', '--name', 'size', '--yes'])).status).toBe(0)
    expect(await made(directory)).toContain('package.json')
  })

  test('in whose place is a file cannot be made', async () => {
    const directory = await scratch()
    await writeFile(join(directory, 'candy-filter-size'), 'mine')
    expect((await attempt(directory, ['--name', 'size', '--yes'])).status).toBe(73)
    expect(await readFile(join(directory, 'candy-filter-size'), 'utf8')).toBe('mine')
  })
})

test('the command that npm runs shows its help, and its status is that of the process', async () => {
  const bin = join(import.meta.dirname, '../bin/create-filter.js')
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [bin, '--help'])
  expect(stdout).toMatch(/^Usage: npm create @candy\/filter/)
  await expect(run(process.execPath, [bin, '--bogus'])).rejects.toMatchObject({ code: 64 })
})
