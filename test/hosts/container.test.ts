/** docs/containers.md: what the Containerfile says, done step by step on Debian 13, and mail through what comes of it. */
import { appendFile, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EICAR, SIGNATURES, signature } from '../kit/clamd.js'
import { makeScratch, type Scratch } from '../kit/scratch.js'
import { until } from '../kit/waiting.js'
import { baseOf } from './base.js'
import { build, type Container, start } from './containerfile.js'
import { ownPackages } from './debian-packages.js'
import { RELEASES } from './releases.js'
import { layOver, type Tree } from './tree.js'
import { asUnavailable, sayAtTheEnd, Unavailable } from './unavailable.js'

const RECIPE = resolve(import.meta.dirname, '../../packaging/container')

/** clamd, which has a container of its own, stands in the same one here. */
const CLAMD = 'TCPSocket 3310\nTCPAddr 127.0.0.1\nForeground yes\nUser clamav\nDatabaseDirectory /var/lib/clamav\n'

let scratch: Scratch
let tree: Tree | undefined
let container: Container | undefined

beforeAll(async () => {
  scratch = await makeScratch('container')
})
afterAll(async () => {
  await container?.[Symbol.asyncDispose]()
  await tree?.[Symbol.asyncDispose]()
  await scratch.remove()
})

async function type(command: string, input = ''): Promise<string> {
  const result = await container?.run(['sh', '-c', `exec 2>&1; ${command}`], input)
  if (result?.status !== 0)
    throw new Error(`${command}: status ${result?.status}\n${result?.stdout}\n${container?.output()}`)
  return result.stdout.toString()
}

async function prepare(): Promise<Tree> {
  const [release] = RELEASES
  if (release === undefined) throw new Error('there is no release')
  const base = await asUnavailable('its files cannot be made', () => baseOf(release, scratch.path))
  const laid = await asUnavailable('no files can be laid over others', () => layOver(base, scratch.path))
  await writeFile(join(laid.path, 'var/lib/clamav/test.ndb'), Object.entries(SIGNATURES).map(signature).join(''))
  await writeFile(join(laid.path, 'etc/clamd-of-test.conf'), CLAMD)
  await appendFile(join(laid.path, 'etc/hosts'), '127.0.0.1 clamd\n')
  return laid
}

test('Debian 13: mail through the container is filtered, and it stops when it is told to', async (context) => {
  const packages = join(scratch.path, 'context')
  await mkdir(packages)
  const [runner, filter] = await ownPackages(scratch.path)
  await copyFile(runner, join(packages, 'postfix-candy.deb'))
  await copyFile(filter, join(packages, 'candy-filter-clamav.deb'))
  await copyFile(join(RECIPE, 'start'), join(packages, 'start'))
  try {
    tree = await prepare()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    await sayAtTheEnd(`NOT RUN: the container: ${error.message}`)
    return context.skip(error.message)
  }
  const command = await build(join(RECIPE, 'Containerfile'), packages, tree.path)
  container = await start(tree.path, command, join(scratch.path, 'output'))
  const output = (): string => container?.output() ?? ''
  const explain = async (): Promise<string> => output()
  const send = (subject: string, body: string): Promise<string> =>
    type(
      'cat >/tmp/message; for n in $(seq 30); do smtp-source -F /tmp/message -f alice@example.com -t root 127.0.0.1:25 && exit 0; sleep 1; done; exit 1',
      `From: alice@example.com\nSubject: ${subject}\n\n${body}\n`,
    )
  await send('before clamd is there', 'at noon?')
  await until('a message that waits', async () => /status=deferred .*content filter unavailable/.test(output()), {
    milliseconds: 90_000,
    explain,
  })
  await type('setsid clamd --config-file=/etc/clamd-of-test.conf >/tmp/clamd.log 2>&1 </dev/null &')
  await until('clamd', async () => (await type('candy list --ask || true')).includes('50-clamav: '), {
    milliseconds: 60_000,
    explain,
  })
  await type('postqueue -f')
  await send('a virus', EICAR)
  await until('a delivered message', async () => /postfix\/local.*status=sent/.test(output()), {
    milliseconds: 90_000,
    explain,
  })
  const isKept = async (): Promise<boolean> => (await type('candy quarantine list')).includes('alice@example.com')
  await until('a quarantined message', isKept, { milliseconds: 90_000, explain })
  expect(output()).toMatch(/candy\/serve\[\d+\]: judged .*action=quarantine/)
  expect(await type('candy doctor || true')).not.toContain('candy serve does not run')
  expect(await container.stop()).toBe(0)
  expect(output()).toContain('stopping the Postfix mail system')
})
