/** What is shipped for `filters.d`: a template that works as it is once it is copied, and a README that names what exists. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { message, testContext } from '@candy/sdk/testing'
import { expect, test, vi } from 'vitest'
import { parseDropIn } from '../../src/config/drop-in.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { readConfiguration } from '../../src/filters/configuration.js'
import { loadFilters } from '../../src/filters/loaded-filters.js'
import { memoryLog, scratch } from '../support.js'

const SHARE = fileURLToPath(new URL('../../share/', import.meta.url))

function shipped(): string {
  const config = scratch()
  mkdirSync(join(config, 'filters.d'))
  for (const name of readdirSync(SHARE)) copyFileSync(join(SHARE, name), join(config, 'filters.d', name))
  return config
}

async function judge(config: string, subject: string): Promise<unknown> {
  const site = await loadFilters(await readConfiguration({ configDirectory: config }), { log: memoryLog() })
  return site.filters[0]?.filter.judge(
    message(`From: a@example.com\nSubject: ${subject}\n\nSubject: body\n`),
    testContext(),
  )
}

test('the files as shipped are ignored, each for its reason', async () => {
  const { sources, problems } = await readConfiguration({ configDirectory: shipped() })
  expect(problems).toEqual([])
  expect(sources.map(({ kind, name }) => [kind, name])).toEqual([
    ['ignored', 'README'],
    ['ignored', 'template'],
  ])
  for (const name of readdirSync(SHARE)) expect(statSync(join(SHARE, name)).mode & 0o111).toBe(0)
})

test('a copy of the template judges at once, and leaves no file behind', async () => {
  const config = shipped()
  copyFileSync(join(SHARE, 'template'), join(config, 'filters.d', '40-mine'))
  chmodSync(join(config, 'filters.d', '40-mine'), 0o755)
  const temporary = scratch()
  vi.stubEnv('TMPDIR', temporary)
  expect(await judge(config, 'hello')).toEqual({ action: 'accept' })
  expect(await judge(config, 'a candy-template-test')).toEqual({
    action: 'reject',
    text: 'this subject is not welcome',
    status: [7, 1],
  })
  vi.stubEnv('TMPDIR', '/no/such/place')
  expect(await judge(config, 'hello')).toMatchObject({ action: 'defer' })
  vi.unstubAllEnvs()
  expect(readdirSync(temporary)).toEqual([])
})

test('the template declares that it rewrites when its parentheses are taken away, and not before', async () => {
  const text = readFileSync(join(SHARE, 'template'), 'utf8')
  const config = shipped()
  const write = (content: string) => writeFileSync(join(config, 'filters.d', '40-mine'), content, { mode: 0o755 })
  const rewrites = async () => {
    const site = await loadFilters(await readConfiguration({ configDirectory: config }), { log: memoryLog() })
    return site.filters[0]?.rewrites
  }
  write(text)
  expect(await rewrites()).toBe(false)
  write(text.replace('(candy: rewrites)', 'candy: rewrites'))
  expect(await rewrites()).toBe(true)
})

test("the README's drop-in is right as it stands", () => {
  const [, example] =
    /\n( {4}filter = [\s\S]*?\n {4}on_reject = "tag")\n/.exec(readFileSync(join(SHARE, 'README'), 'utf8')) ?? []
  const problems: Problem[] = []
  const drop = { path: '/30-clamav.toml', name: '30-clamav', text: example ?? '' }
  const dropIn = parseDropIn(drop, problems)
  expect(dropIn?.rules.map(({ pattern }) => pattern)).toEqual(['abuse@example.org', 'example.org'])
  expect(dropIn?.policy).toEqual({
    timeout: 60_000,
    maxSize: 26_214_400,
    onError: 'defer',
    onReject: 'quarantine',
    onQuarantine: 'quarantine',
    onUnscannable: 'quarantine',
  })
  expect(problems.map(printProblem)).toEqual([])
})
