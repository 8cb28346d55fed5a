import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { message, testContext } from '@candy/sdk/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../src/config/problem.js'
import { type ConfigurationOptions, readConfiguration } from '../../src/filters/configuration.js'
import { listFilters } from '../../src/filters/list.js'
import { type LoadedFilters, loadFilters } from '../../src/filters/loaded-filters.js'
import { ACCEPTS, plantInSite, plantPackage } from '../packages/planted.js'
import { type MemoryLog, memoryLog, scratch } from '../support.js'

/** A list to which filters in these tests append what happens to them. Node.js loads them itself, so they share no module with the test. */
declare global {
  var happened: string[]
}

/** A filter that notes when it is made and closed. */
function noting(name: string, more: { create?: string; close?: string } = {}): string {
  return `export const filter = {
    api: 1, name: '${name}', rewrites: false,
    options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
    async create() {
      await new Promise((done) => setTimeout(done, ${name === 'first' ? 50 : 1}))
      globalThis.happened.push('create ${name}')
      ${more.create ?? ''}
      return {
        judge: () => ({ action: 'reject', text: '${name}' }),
        async close() { globalThis.happened.push('close ${name}'); ${more.close ?? ''} },
      }
    },
  }`
}

let config: string
let filters: string
let log: MemoryLog

beforeEach(() => {
  config = scratch()
  filters = join(config, 'filters.d')
  mkdirSync(filters)
  writeFileSync(join(config, 'candy.toml'), `state = "${config}/state"\n`)
  log = memoryLog()
  globalThis.happened = []
})

function write(name: string, content: string, mode = 0o644): void {
  writeFileSync(join(filters, name), content, { mode })
}

async function load(options: Partial<ConfigurationOptions> = {}): Promise<LoadedFilters> {
  return loadFilters(await readConfiguration({ configDirectory: config, ...options }), { log })
}

async function refused(options: Partial<ConfigurationOptions> = {}): Promise<string> {
  const error = await load(options).catch((thrown: unknown) => thrown)
  if (!(error instanceof ConfigurationError)) throw new Error(`not refused: ${JSON.stringify(error)}`)
  expect(error.code).toBe('CONFIG')
  return error.message.replaceAll(config, 'CONFIG')
}

async function judged(site: LoadedFilters): Promise<string[]> {
  const verdicts = site.filters.map(async ({ name, filter }) => {
    const verdict = await filter.judge(message('Subject: x\n\n'), testContext())
    return `${name}: ${'text' in verdict ? verdict.text : verdict.action}`
  })
  return Promise.all(verdicts)
}

describe('a site loads', () => {
  test('with no filters from an empty directory', async () => {
    const site = await load()
    expect(site.filters).toEqual([])
    expect(site.settings.state).toBe(join(config, 'state'))
    await site.close()
  })

  test('its packages and scripts in the order of their names, and makes and closes each once', async () => {
    for (const name of ['first', 'second']) plantInSite(join(config, 'state'), name, { 'index.js': noting(name) })
    write('20-b.toml', 'filter = "second"\ntimeout = "5s"')
    write('10-a.toml', 'filter = "first"')
    write('15-script', '#!/bin/sh\necho script; exit 69', 0o755)
    write('README', 'text')
    const site = await load()
    expect(await judged(site)).toEqual(['10-a: first', '15-script: script', '20-b: second'])
    expect(site.filters.map(({ policy }) => policy.timeout)).toEqual([60_000, 60_000, 5_000])
    expect(globalThis.happened).toEqual(['create first', 'create second'])
    await site.close()
    expect(globalThis.happened.slice(2).sort()).toEqual(['close first', 'close second'])
  })

  test('one package twice, as two filters', async () => {
    plantInSite(join(config, 'state'), 'twice', { 'index.js': noting('twice') })
    write('10-a.toml', 'filter = "twice"')
    write('20-b.toml', 'filter = "twice"')
    const site = await load()
    await site.close()
    expect(globalThis.happened).toEqual(['create twice', 'create twice', 'close twice', 'close twice'])
  })

  test.each([
    ['mode = "pipe"', 'quarantine'],
    ['mode = "smtp"', 'quarantine'],
    ['mode = "smtp-before"', 'refuse'],
    ['', 'quarantine'],
  ])(
    'with %j, and the listing says that rejected mail goes to %s unless a drop-in says otherwise',
    async (settings, onReject) => {
      writeFileSync(join(config, 'candy.toml'), settings)
      const path = plantPackage(join(config, 'it'), { 'index.js': `export const filter = ${ACCEPTS}` })
      write('10-a.toml', `filter = "${path}"`)
      write('20-script', '#!/bin/sh', 0o755)
      write('30-own.toml', `filter = "${path}"\non_reject = "tag"`)
      const site = await load()
      expect(site.filters.map(({ policy }) => policy.onReject)).toEqual([undefined, undefined, 'tag'])
      const listed = listFilters(await readConfiguration({ configDirectory: config }))
      expect(listed.map((entry) => entry.kind !== 'ignored' && entry.policy?.onReject)).toEqual([
        onReject,
        onReject,
        'tag',
      ])
    },
  )

  test('from another directory than filters.d', async () => {
    const other = scratch()
    writeFileSync(join(other, '10-only'), '#!/bin/sh\necho other; exit 69', { mode: 0o755 })
    write('20-not.toml', 'nonsense')
    expect(await judged(await load({ filtersDirectory: other }))).toEqual(['10-only: other'])
  })

  test('also when a filter cannot close, which is logged', async () => {
    for (const name of ['one', 'two']) {
      const close = name === 'one' ? 'throw new Error("still busy")' : ''
      plantInSite(join(config, 'state'), name, { 'index.js': noting(name, { close }) })
      write(`10-${name}.toml`, `filter = "${name}"`)
    }
    const site = await load()
    await site.close()
    expect(globalThis.happened).toContain('close two')
    expect(log.lines).toEqual([
      { level: 'warn', event: 'filter did not close', fields: { filter: '10-one', reason: 'still busy' } },
    ])
  })
})

describe('a drop-in with rules for recipients', () => {
  /** A filter that notes the options with which it is made, and `fails` where they say so. */
  const SHOWING = `export const filter = {
    api: 1, name: 'showing', rewrites: false,
    options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
    create(options) {
      globalThis.happened.push(\`create \${JSON.stringify(options)}\`)
      if (options.fails) throw new Error('no')
      return { judge: () => ({ action: 'accept' }), async close() { globalThis.happened.push('close') } }
    },
  }`
  const showing = (rules: string): void => {
    plantInSite(join(config, 'state'), 'showing', { 'index.js': SHOWING })
    write('10-a.toml', `filter = "showing"\ntimeout = "5s"\n[options]\nnest = { a = 1, b = 2 }\nlist = [1]\n${rules}`)
  }

  test('makes one filter for each set of options, and closes each once', async () => {
    showing(`
      [recipients."A@example.org"]
      on_reject = "tag"
      options.nest.b = 3
      options.list = [2]
      [recipients."example.net"]
      on_reject = "tag"
      options = { nest = { b = 3 }, list = [2] }
      [recipients."example.com"]
      timeout = "7s"
      [recipients.".example.com"]
      options.list = [1]
      [recipients."*"]
      enabled = false
    `)
    const site = await load()
    expect(globalThis.happened).toEqual([
      'create {"nest":{"a":1,"b":2},"list":[1]}',
      'create {"nest":{"a":1,"b":3},"list":[2]}',
    ])
    const [filter] = site.filters
    const found = (address: string) => filter?.recipients?.find(address)
    expect(found('b@example.org')).toBe('off')
    expect(found('b@mx.example.com')).toBe('usual')
    expect(found('a@example.org')).toBe(found('b@example.net'))
    expect(found('a@example.org')).toMatchObject({ name: '10-a', policy: { onReject: 'tag', timeout: 5_000 } })
    expect(found('a@example.com')).toMatchObject({ filter: filter?.filter, policy: { timeout: 7_000 } })
    await site.close()
    expect(globalThis.happened.slice(2)).toEqual(['close', 'close'])
  })

  test('whose filter cannot start with the options of one says which, and closes the other', async () => {
    showing('[recipients."example.org".options]\nfails = true\n')
    expect(await refused()).toBe(
      'CONFIG/filters.d/10-a.toml:6:27: recipients."example.org".options: "showing" cannot start: no',
    )
    expect(globalThis.happened.at(-1)).toBe('close')
  })
})

describe('a single filter, without filters.d', () => {
  test('is a package by its name or its path', async () => {
    write('10-broken.toml', 'nonsense')
    const directory = plantInSite(join(config, 'state'), '@them/single', { 'index.js': noting('single') })
    expect(await judged(await load({ filter: '@them/single' }))).toEqual(['single: single'])
    expect(await judged(await load({ filter: directory }))).toEqual(['single: single'])
    expect(await judged(await load({ filter: join(directory, 'index.js') }))).toEqual(['index.js: single'])
  })

  test('or a script by its path', async () => {
    const path = join(config, 'mine')
    writeFileSync(path, '#!/bin/sh\necho mine; exit 69', { mode: 0o755 })
    expect(await judged(await load({ filter: path }))).toEqual(['mine: mine'])
  })

  test('and is refused by the same rules', async () => {
    expect(await refused({ filter: '@them/gone' })).toBe(
      '--filter: "@them/gone" is not installed: candy add @them/gone',
    )
    const path = join(config, 'mine')
    writeFileSync(path, '#!/bin/sh')
    chmodSync(path, 0o777)
    expect(await refused({ filter: path })).toMatch(/^CONFIG\/mine: refused: others than its owner may write/)
  })
})

describe('a site that is wrong', () => {
  test('says all that is wrong with all files at once, and makes no filter', async () => {
    plantInSite(join(config, 'state'), 'first', { 'index.js': noting('first') })
    writeFileSync(join(config, 'candy.toml'), `mod = "pipe"\nstate = "${config}/state"`)
    write('10-first.toml', 'filter = "first"')
    write('20-bad.toml', 'timeout = 5\nfilter = "gone"\non_eror = "defer"')
    write('30-syntax.toml', 'filter = ')
    write('40-script', '#!/bin/sh\n# candy: rewrite', 0o755)
    write('50-others', '#!/bin/sh')
    chmodSync(join(filters, '50-others'), 0o777)
    expect((await refused()).split('\n')).toEqual([
      'CONFIG/candy.toml:1:1: mod: unknown key; did you mean "mode"?',
      'CONFIG/filters.d/50-others: refused: others than its owner may write CONFIG/filters.d/50-others: chmod go-w CONFIG/filters.d/50-others',
      'CONFIG/filters.d/20-bad.toml:1:11: timeout: 5 has no unit; did you mean "5s"?',
      'CONFIG/filters.d/20-bad.toml:2:10: filter: "gone" is not installed: candy add gone, or candy remove 20-bad',
      'CONFIG/filters.d/20-bad.toml:3:1: on_eror: unknown key; did you mean "on_error"?',
      'CONFIG/filters.d/30-syntax.toml:1:10: the value is missing',
      'CONFIG/filters.d/40-script:2:3: candy: unknown declaration "rewrite" (there are: rewrites, fields); did you mean "rewrites"?',
    ])
    expect(globalThis.happened).toEqual([])
  })

  test('closes the filters that were made before one could not start', async () => {
    plantInSite(join(config, 'state'), 'first', { 'index.js': noting('first') })
    plantInSite(join(config, 'state'), 'failing', {
      'index.js': noting('failing', { create: 'throw new Error("no")' }),
    })
    plantInSite(join(config, 'state'), 'last', { 'index.js': noting('last') })
    write('10-first.toml', 'filter = "first"')
    write('20-failing.toml', '\nfilter = "failing"')
    write('30-last.toml', 'filter = "last"')
    expect(await refused()).toBe('CONFIG/filters.d/20-failing.toml:2:10: filter: "failing" cannot start: no')
    expect(globalThis.happened.slice(0, 3)).toEqual(['create first', 'create failing', 'create last'])
    expect(globalThis.happened.slice(3).sort()).toEqual(['close first', 'close last'])
  })

  test('is one without filters.d, since nobody has said that mail needs no filter', async () => {
    expect(await refused({ filtersDirectory: join(config, 'gone') })).toMatch(/^CONFIG\/gone: no such directory/)
  })
})
