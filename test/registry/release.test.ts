/**
 * A dry release: the command of the release workflow publishes to a registry on this machine, and strangers, who have nothing
 * of this checkout, do with it what README.md and docs/writing-a-filter.md promise.
 */
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../packages/runner/src/doctor/finding.js'
import { handoverInstallation } from '../../packages/runner/src/postfix/handover.js'
import { EICAR } from '../kit/clamd.js'
import { makeScratch, type Scratch } from '../kit/scratch.js'
import { type MailHost, startMailHost } from './mail-host.js'
import { forgetCommands, makePerson, type Person } from './person.js'
import { DEBIAN_NPM, type Registry, startRegistry } from './registry.js'

const ROOT = resolve(import.meta.dirname, '../..')
const TIME_LIMIT = 600_000
const FILTER = '@you/filter-large'

let scratch: Scratch
let registry: Registry
let author: Person
let filter: string

const below = (name: string): string => join(scratch.path, name)

beforeAll(async () => {
  await forgetCommands()
  scratch = await makeScratch('release')
  registry = await startRegistry(below('registry'))
  author = await makePerson(below('author'), { npmrc: registry.publisher, environment: { npm_config_omit: 'dev' } })
  filter = join(author.home, 'filter-large')
}, TIME_LIMIT)

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await scratch?.remove()
})

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly scripts: Readonly<Record<string, string>>
}

async function manifestIn(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest
}

test('the release command publishes every package', { timeout: TIME_LIMIT }, async () => {
  const maintainer = await makePerson(below('maintainer'), {
    npmrc: registry.publisher,
    path: [join(ROOT, 'node_modules/.bin')],
    // Provenance names the workflow that built a package, and here is none. changesets asks the registry that it is told.
    environment: { npm_config_provenance: 'false', npm_config_registry: registry.url },
  })
  const { scripts } = await manifestIn(ROOT)
  const publish = scripts.release?.split(' && ').at(-1)?.split(' ') ?? []
  expect(publish).toEqual(['changeset', 'publish'])
  const said = await maintainer.type(['changeset', 'publish', '--no-git-tag'], ROOT)
  const homes = await Promise.all(
    (await readdir(join(ROOT, 'packages'))).map((name) => manifestIn(join(ROOT, 'packages', name))),
  )
  for (const { name, version } of homes) expect(said).toContain(`${name}@${version}\n`)
})

test('what is published installs in an empty folder and is a filter', { timeout: TIME_LIMIT }, async () => {
  const { home, type } = await makePerson(below('user'), { npmrc: registry.reader })
  await type(['npm', 'install', '@candy/filter-clamav'])
  expect((await readdir(join(home, 'node_modules'))).toSorted()).toEqual(['.package-lock.json', '@candy', 'valibot'])
  const program = `import { filter } from '@candy/filter-clamav'; console.log(filter.api, filter.name)`
  expect(await type(['node', '--input-type=module', '--eval', program])).toBe('1 clamav\n')
})

test('an author who types what the page says publishes a filter', { timeout: TIME_LIMIT }, async () => {
  const page = await readFile(join(ROOT, 'docs/writing-a-filter.md'), 'utf8')
  const [, steps = ''] = /^## Start from the template\n[\s\S]*?^```sh\n([\s\S]*?)^```$/m.exec(page) ?? []
  const typed = steps.split('\n').filter((line) => line !== '')
  expect(typed.map((line) => line.split(/ +#/)[0])).toEqual(expect.arrayContaining(['npm test', 'candy add .']))
  await writeFile(join(author.home, 'letter.eml'), 'Subject: lunch\n\nat noon?\n')
  let directory = author.home
  for (const line of typed) {
    // This one is for a host with Postfix, below.
    if (line.startsWith('candy add')) break
    if (line.startsWith('cd ')) {
      directory = join(author.home, line.slice('cd '.length))
      await lendTools(author.home)
      continue
    }
    await author.type(['sh', '-c', line], directory)
    if (line !== 'npm install') continue
    // npm 9 installs TypeScript, which valibot may use, without what runs it on this machine; the one that is lent has that.
    await rm(join(filter, 'node_modules/typescript'), { recursive: true, force: true })
    await lowerTheLimit()
  }
  expect(directory).toBe(filter)
  await author.type(['npm', 'publish', '--provenance=false', '--access', 'public'], filter)
})

/** Compiler, test runner and the like are those of this checkout: installing them would take most of the time. */
async function lendTools(home: string): Promise<void> {
  const { devDependencies } = JSON.parse(await readFile(join(filter, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  for (const name of [...Object.keys(devDependencies), '.bin']) {
    const place = join(home, 'node_modules', name)
    await mkdir(dirname(place), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), place)
  }
}

/** The change that the author makes: in the code, the drop-in and its README, as the suite demands. */
async function lowerTheLimit(): Promise<void> {
  for (const name of ['src/index.ts', 'filters.d/20-large.toml', 'README.md']) {
    const text = await readFile(join(filter, name), 'utf8')
    const changed = text.replace('10MB', '2kB')
    expect(changed).not.toBe(text)
    await writeFile(join(filter, name), changed)
  }
}

test.each([
  ['npm of today', []],
  ["Debian's npm", [DEBIAN_NPM]],
] as const)('%s installs the program for this machine, and no other', { timeout: TIME_LIMIT }, async (name, path) => {
  const { home, type } = await makePerson(below(name.replaceAll(/\W/g, '-')), { npmrc: registry.reader, path })
  const programs = async (): Promise<readonly string[]> => {
    return (await readdir(join(home, 'node_modules/@candy'))).filter((one) => one.startsWith('handover-'))
  }
  await type(['npm', 'install', '--omit=optional', '@candy/runner'])
  expect(await programs()).toEqual([])
  await type(['sh', '-c', handoverInstallation(join(home, 'node_modules/@candy/runner/bin/candy.cjs'))])
  expect(await programs()).toEqual([`handover-linux-${process.arch}`])
  const lockfile = await readFile(join(home, 'package-lock.json'), 'utf8')
  for (const cpu of ['x64', 'arm64']) expect(lockfile).toContain(`"node_modules/@candy/handover-linux-${cpu}"`)
})

test('npm installs the program for another machine when it is asked to', { timeout: TIME_LIMIT }, async () => {
  const { home, type } = await makePerson(below('other'), { npmrc: registry.reader })
  const cpu = process.arch === 'arm64' ? 'x64' : 'arm64'
  await type(['npm', 'install', '--os=linux', `--cpu=${cpu}`, '@candy/handover'])
  const there = await readdir(join(home, 'node_modules/@candy'))
  expect(there.toSorted()).toEqual(['handover', `handover-linux-${cpu}`])
})

// From here on at the same time: all that they need is published.
describe.concurrent.each([
  ['npm of today, mode smtp', [], []],
  ["Debian's npm, pipe mode", [DEBIAN_NPM], ['--mode', 'pipe']],
] as const)('on a mail host with %s', (_, path, mode) => {
  test("the lines of the README have mail scanned, a stranger's filter runs, and tarballs need no network", {
    timeout: TIME_LIMIT,
  }, async () => {
    await using host = await startMailHost({ npmrc: registry.reader, path })
    await host.type(['npm', 'install', '-g', '@candy/runner', '@candy/filter-clamav'])
    // From a registry npm 9.2, which Debian has, installs no manual pages; it does from a tarball.
    if (path.length === 0) {
      expect(await readdir(join(host.directory, 'usr-local/share/man/man8'))).toContain('candy-enable.8')
    }
    if (mode.length === 0) await host.supervise()
    else await removeHandover(host)
    const said = await host.type(['candy', 'enable', '--yes', ...mode])
    if (mode.length > 0) await installHandover(host, said)
    await host.type(['candy', 'add', '@candy/filter-clamav'])
    expect(await host.type(['candy', 'list'])).toMatch(/50-clamav .*usr-local\/lib\/node_modules/)
    await host.untilAdded('X-Virus-Scanned')
    await host.send(`Subject: virus\r\n\r\n${EICAR}\r\n`)
    await host.postfix.waitUntilEmpty()
    expect(host.sink.messages).toEqual([])
    expect(await host.quarantined()).toHaveLength(1)

    const given = mode.length === 0 ? FILTER : filter
    await host.type(['candy', 'add', given])
    expect(await host.type(['candy', 'list'])).toMatch(/20-large .*\/var\/lib\/candy\/postfix\/packages/)
    const large = `Subject: large\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(40)}`
    await writeFile(join(host.directory, 'large.eml'), large)
    expect(await host.type(['candy', 'check', join(host.directory, 'large.eml')], 69)).toContain('too large')
    await host.untilQuarantined(large)
    await host.type(['candy', 'disable', '--yes'])
    // With the older npm, since candy is installed here already.
    if (path.length > 0) await addWithoutNetwork(host)
  })
})

/** As if what is installed had been copied from a machine with another processor. */
async function removeHandover({ directory }: MailHost): Promise<void> {
  const modules = join(directory, 'usr-local/lib/node_modules/@candy/runner/node_modules')
  await rm(join(modules, `@candy/handover-linux-${process.arch}`), { recursive: true })
}

/** Without the program candy is enabled all the same. What that says, and the doctor, is typed. */
async function installHandover({ type }: MailHost, said: string): Promise<void> {
  const [, command = ''] = /^warning: @candy\/handover-.* is not installed, .*: type "(.*)", then/m.exec(said) ?? []
  const missing = async (): Promise<Finding | undefined> => {
    const { findings } = JSON.parse(await type(['sh', '-c', 'candy doctor --json || true'])) as {
      readonly findings: readonly Finding[]
    }
    return findings.find(({ what }) => /^@candy\/handover-.* is not installed$/.test(what))
  }
  const remedy = (await missing())?.remedy ?? []
  expect(remedy[0]).toBe(command)
  const programs = 'ls /var/lib/candy/postfix/bin'
  expect(await type(['sh', '-c', programs])).toBe('candy-pipe\ncandy.cjs\n')
  for (const line of remedy) await type(['sh', '-c', line])
  expect(await type(['sh', '-c', programs])).toBe('candy-handover\ncandy-pipe\ncandy.cjs\n')
  expect(await missing()).toBeUndefined()
}

/** Adds tarballs by a configuration of its own. */
async function addWithoutNetwork({ directory, type }: MailHost): Promise<void> {
  const home = join(directory, 'offline')
  const [configuration, state] = [join(home, 'etc'), join(home, 'state')]
  await mkdir(join(configuration, 'filters.d'), { recursive: true })
  await mkdir(state)
  await writeFile(join(configuration, 'candy.toml'), `mode = "pipe"\nstate = "${state}"\n`)
  const packed = await type(['npm', 'pack', '--silent', '--pack-destination', home, FILTER, '@candy/sdk', 'valibot'])
  const tarballs = packed.trim().split('\n')
  expect(tarballs).toHaveLength(3)
  const alone = ['env', 'npm_config_offline=true', `npm_config_cache=${join(home, 'empty')}`] as const
  const paths = tarballs.map((name) => join(home, name))
  const added = await type([...alone, 'candy', 'add', '-c', configuration, ...paths])
  expect(added).toBe(`${configuration}/filters.d/20-large.toml: added (${FILTER})\n`)
}
