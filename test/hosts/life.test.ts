/**
 * What README.md promises an administrator, on each Debian release: candy is set up on a mail host that runs under its own
 * systemd, mail is filtered through crashes, a reboot and an upgrade of Postfix, in each mode, and in the end nothing of it is
 * left. The steps of one host stand in the order of its life.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EICAR } from '../ground/clamd.js'
import { makeScratch, type Scratch } from '../ground/scratch.js'
import { type Host, startHost } from './host.js'
import { findMirror } from './mirror.js'
import { pack } from './product.js'
import { RELEASES } from './releases.js'
import { makeBase } from './tree.js'

const CACHE = process.env.CANDY_HOSTS_CACHE ?? '/var/cache/candy-hosts'

let scratch: Scratch
let tarballs: readonly string[]
/** What could not be made, by suite: a promise each, since making them takes most of the time. */
const bases = new Map<string, Promise<string | Error>>()

beforeAll(async () => {
  scratch = await makeScratch('hosts')
  tarballs = await pack(join(scratch.path, 'packed'))
  for (const release of RELEASES) {
    const mirror = await findMirror(release.suite, scratch.path)
    const missing = new Error(`no archive that this machine's apt knows has ${release.suite}`)
    const made = mirror === undefined ? Promise.resolve(missing) : makeBase(CACHE, release, mirror)
    bases.set(
      release.suite,
      made.catch((error: Error) => error),
    )
  }
})
afterAll(() => scratch.remove())

describe.each(RELEASES)('$name', (release) => {
  let host: Host
  let before: readonly string[]
  const files = (): Promise<string[]> =>
    Promise.all(['/etc/postfix/master.cf', '/etc/postfix/main.cf'].map((path) => host.read(path)))

  async function expectFiltered(way: 'smtp' | 'sendmail', subject: string): Promise<void> {
    await host.send(way, subject)
    const message = await host.delivered(subject)
    expect(message).toContain('\nX-Virus-Scanned: ')
    expect(message).toMatch(/\n\nat noon\?\n+$/)
  }

  beforeAll(async () => {
    const base = await bases.get(release.suite)
    if (typeof base !== 'string') throw base ?? new Error('not made')
    host = await startHost(base, release, tarballs, CACHE)
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  let failed = false
  beforeEach((context) => {
    if (failed) context.skip('a step before this one failed')
    context.onTestFailed(() => {
      failed = true
    })
  })

  test('the services of the release run, and Postfix delivers mail', async () => {
    for (const unit of ['postfix', 'clamav-daemon']) await host.type(['systemctl', 'is-active', unit])
    // What a package upgrade does to the configuration it does once.
    await host.type(['postfix', 'upgrade-configuration'])
    before = await files()
    for (const way of ['smtp', 'sendmail'] as const) {
      await host.send(way, `unfiltered by ${way}`)
      expect(await host.delivered(`unfiltered by ${way}`)).not.toContain('X-Virus-Scanned')
    }
  })

  test('the two commands of the README have mail scanned, by whatever way it comes in', async () => {
    await host.type(['candy', 'enable', '--yes'])
    await host.type(['candy', 'add', '@candy/filter-clamav'])
    for (const unit of ['candy.service', 'candy-after.socket', 'candy-before.socket']) {
      await host.type(['systemctl', 'is-active', unit])
    }
    await expectFiltered('smtp', 'scanned')
    await expectFiltered('sendmail', 'scanned from this host')
  })

  test('a virus goes to the quarantine, and no further', async () => {
    await host.send('smtp', 'virus', EICAR)
    await host.untilEmpty()
    expect(await host.quarantined()).toEqual([expect.stringContaining(EICAR)])
  })

  test('a reload is answered, and mail goes on', async () => {
    await host.type(['systemctl', 'reload', 'candy'])
    await expectFiltered('smtp', 'after a reload')
  })

  test('the service comes back when it is killed', async () => {
    await host.type(['pkill', '-KILL', '-u', 'candy'])
    await expectFiltered('smtp', 'after kill -9')
  })

  test('mail is filtered after a reboot, and nothing has to be started by hand', async () => {
    await host.reboot()
    await expectFiltered('smtp', 'after a reboot')
    await expectFiltered('sendmail', 'after a reboot, from this host')
  })

  test("what an upgrade of Postfix's package does leaves mail filtered", async () => {
    await host.type(['postfix', 'upgrade-configuration'])
    await host.type(['postfix', 'set-permissions'])
    await host.type([
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-qq',
      'install',
      '--reinstall',
      '--yes',
      'postfix',
    ])
    await host.type(['postfix', 'check'])
    await expectFiltered('smtp', 'after an upgrade')
  })

  test('pipe mode, where systemd keeps Node.js from running below Postfix, is refused with what to type, and that helps', async () => {
    const said = await host.type(['sh', '-c', 'candy mode --yes pipe 2>&1; echo "status $?"'])
    const [remedy] = /^mkdir -p .*SystemCallErrorNumber=.*$/m.exec(said) ?? []
    expect(said).toContain(remedy === undefined ? 'status 0' : 'status 69')
    expect(remedy !== undefined).toBe(release.suite === 'trixie')
    if (remedy !== undefined) await host.type(['sh', '-c', remedy])
  })

  test.each([
    [['pipe'], 'pipe'],
    [['smtp', '--queue', 'before'], 'before the queue'],
    [['smtp', '--queue', 'after'], 'after the queue'],
  ])('candy mode %j has mail filtered in that mode', async (mode, name) => {
    await host.type(['candy', 'mode', '--yes', ...mode])
    await expectFiltered('smtp', name)
  })

  test('candy disable leaves the files as they were, no unit, and mail as it comes', async () => {
    await host.untilEmpty()
    await host.type(['candy', 'disable', '--yes'])
    expect(await files()).toEqual(before)
    // What the administrator was told to type for pipe mode is theirs.
    const units = ['find', '/etc/systemd/system', '-name', 'candy*', '-not', '-path', '*/postfix.service.d/*']
    expect(await host.type(units)).toBe('')
    await host.send('smtp', 'unfiltered again')
    expect(await host.delivered('unfiltered again')).not.toContain('X-Virus-Scanned')
  })
})
