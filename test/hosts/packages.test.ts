/**
 * The Debian packages on a booted Debian 13, from apt install to apt purge (docs/packages.md): nothing happens to mail unasked, an
 * upgrade and the mistakes of other packages lose and stop none, and in the end Postfix's files are as they were.
 */
import { basename } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EICAR } from '../kit/clamd.js'
import { runCommand, tryCommand } from '../kit/command.js'
import { makeScratch, type Scratch } from '../kit/scratch.js'
import { until } from '../kit/waiting.js'
import { baseOf } from './base.js'
import { bringPackages, LATER, laterPackage, ownPackages, strangersPackage } from './debian-packages.js'
import { type Host, startHost } from './host.js'
import { RELEASES } from './releases.js'
import { asUnavailable, sayAtTheEnd, Unavailable } from './unavailable.js'

const [RELEASE] = RELEASES

/** A filter package as a stranger may write it by hand, with a drop-in that is on when it is installed. */
const THIRD = {
  '/usr/share/candy/packages/third/package.json':
    '{ "name": "third", "version": "1.0.0", "type": "module", "main": "index.js" }',
  '/usr/share/candy/packages/third/index.js': `export const filter = {
    api: 1, name: 'third', fields: ['X-Third'],
    options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
    create: () => ({ judge: () => ({ action: 'accept', edits: [{ add: 'X-Third', value: 'seen' }] }) }),
  }`,
  '/etc/postfix/filters.d/20-third.toml': 'filter = "third"\n',
}

const BROKEN = { '/etc/postfix/filters.d/40-broken.toml': 'filter = nonsense\n' }

let scratch: Scratch
let own: readonly [runner: string, filter: string]
let later: string
let host: Host
let over: string | undefined
/** Of every file below /etc/postfix its sum and mode. */
let before: string

describe('Debian 13', () => {
  beforeAll(async () => {
    scratch = await makeScratch('packages')
    process.env.DEBEMAIL = 'packages@candy.test'
    own = await ownPackages(scratch.path)
    later = await laterPackage(own[0], scratch.path)
    const strangers = [
      await strangersPackage('third', THIRD, scratch.path),
      await strangersPackage('broken', BROKEN, scratch.path),
    ]
    try {
      if (RELEASE === undefined) throw new Error('there is no release')
      const base = await asUnavailable('its files cannot be made', () => baseOf(RELEASE, scratch.path))
      host = await startHost(base, RELEASE, (tree) => bringPackages(tree, [...own, later, ...strangers]))
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      over = error.message
      await sayAtTheEnd(`NOT RUN: the Debian packages: ${over}`)
    }
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    await scratch.remove()
  })

  beforeEach((context) => {
    if (over !== undefined && context.task.name !== 'lintian has nothing to say') context.skip(over.split('\n', 1)[0])
    context.onTestFailed(() => {
      over ??= 'a step before this one failed'
    })
  })

  /** Runs apt-get, or a line of sh(1), and gives all that it printed. */
  const apt = (...words: readonly string[]): Promise<string> =>
    shell(`DEBIAN_FRONTEND=noninteractive apt-get -qq --yes ${words.join(' ')}`)
  const shell = (line: string): Promise<string> => host.type(['sh', '-c', `exec 2>&1; ${line}`])

  const postfixFiles = (): Promise<string> =>
    shell(
      'cd /etc/postfix && find . -type f | sort | xargs -d "\\n" stat -c "%n %a %U" && find . -type f | sort | xargs -d "\\n" sha256sum',
    )

  async function expectScanned(subject: string): Promise<string> {
    await host.send('smtp', subject)
    const message = await host.delivered(subject)
    expect(message).toContain('\nX-Virus-Scanned: ')
    return message
  }

  async function expectCaught(count: number): Promise<void> {
    await host.send('smtp', `virus ${count}`, EICAR)
    await until(`${count} messages in the quarantine`, async () => (await host.quarantined()).length === count, {
      milliseconds: 60_000,
    })
    await host.untilEmpty()
  }

  const reboot = (): Promise<void> => host.reboot()
  const mainPid = async (): Promise<string> => (await shell('systemctl show --property=MainPID --value candy')).trim()

  test('lintian has nothing to say', async () => {
    const { status, stdout, stderr } = await tryCommand('lintian', ['--allow-root', '--tag-display-limit', '0', ...own])
    expect(`${stdout}${stderr}`.replace(/^running with root.*\n/m, '')).toBe('')
    expect(status).toBe(0)
  })

  test('the same commit gives the same packages, byte for byte', async () => {
    const [again] = await ownPackages(`${scratch.path}/again`)
    const [first, second] = await Promise.all([own[0], again].map((path) => runCommand('sha256sum', [path])))
    expect(second?.toString().split(' ')[0]).toBe(first?.toString().split(' ')[0])
  })

  test('installing the packages does nothing to Postfix and to mail', async () => {
    await shell('postfix upgrade-configuration')
    before = await postfixFiles()
    await apt('install', ...own.map((path) => `/root/${basename(path)}`))
    const files = await postfixFiles()
    const added = files.split('\n').filter((line) => !before.split('\n').includes(line))
    expect(before.split('\n').filter((line) => !files.split('\n').includes(line))).toEqual([])
    expect([...new Set(added.map((line) => /\S*filters\.d\/\S*/.exec(line)?.[0]))].toSorted()).toEqual([
      './filters.d/README',
      './filters.d/template',
    ])
    expect(await shell('find /etc/systemd/system -name "candy*"')).toBe('')
    await host.send('smtp', 'unfiltered')
    expect(await host.delivered('unfiltered')).not.toContain('X-Virus-Scanned')
  })

  test('candy enable and candy add have a virus caught, without a network', async () => {
    await host.type(['candy', 'enable', '--yes'])
    await host.type(['candy', 'add', '@candy/filter-clamav'])
    const { entries } = JSON.parse(await host.type(['candy', 'list', '--json'])) as { entries: readonly object[] }
    expect(entries).toContainEqual(
      expect.objectContaining({ directory: '/usr/share/candy/packages/@candy/filter-clamav', from: 'system' }),
    )
    await expectScanned('scanned')
    await expectCaught(1)
  })

  test('systemd finds little that the service could do beside its work', async () => {
    const printed = await shell('systemd-analyze security --no-pager candy.service')
    const [, exposure] = /Overall exposure level for candy\.service: ([\d.]+)/.exec(printed) ?? []
    await sayAtTheEnd(`systemd-analyze security candy.service: ${exposure}`)
    expect(Number(exposure)).toBeLessThanOrEqual(2.5)
  })

  test('timers look after it, and are off for what the service does itself', async () => {
    expect(await shell('systemctl is-active postfix-candy-doctor.timer postfix-candy-expire.timer')).toBe(
      'active\nactive\n',
    )
    await shell('systemctl start postfix-candy-expire.service; systemctl start postfix-candy-doctor.service || true')
    expect(await shell('systemctl show --property=ConditionResult --value postfix-candy-expire.service')).toBe('no\n')
    const said = await shell('journalctl --no-pager --unit postfix-candy-doctor.service')
    expect(said).toContain('AlertExceedsMax')
  })

  test('a virus is caught after a reboot', async () => {
    await reboot()
    await expectScanned('after a reboot')
    await expectCaught(2)
  })

  test('an upgrade amid mail loses nothing, and between its two halves the old version goes on', async () => {
    const old = await mainPid()
    const subjects = Array.from({ length: 30 }, (_, n) => `amid an upgrade ${n}`)
    const sent = (async (): Promise<void> => {
      for (const subject of subjects) await host.send('smtp', subject)
    })()
    await host.delivered('amid an upgrade 0')
    await shell(`dpkg --unpack /root/${basename(later)}`)
    await expectScanned('between the halves')
    expect(await shell('candy reload || true')).toContain(`candy ${LATER} is installed, and the service that runs is`)
    // A worker that dies now cannot be replaced; those that stand by are left.
    await shell(`pkill -KILL --oldest --parent ${old}`)
    await expectScanned('with a worker fewer')
    await shell('dpkg --configure --pending')
    await sent
    for (const subject of subjects) expect(await host.delivered(subject)).toContain('\nX-Virus-Scanned: ')
    expect(await mainPid()).not.toBe(old)
    expect(await host.type(['candy', '--version'])).toContain(LATER)
    await expectScanned('after the upgrade')
    await host.untilEmpty()
  })

  test("another package's filter is in force once it is installed, and no more once it is purged", async () => {
    await apt('install', '/root/third.deb')
    expect(await expectScanned('with a third filter')).toContain('\nX-Third: seen\n')
    await apt('purge', 'third')
    expect(await expectScanned('without a third filter')).not.toContain('X-Third')
  })

  test("another package's broken drop-in is not put in force, and neither apt nor mail stops", async () => {
    const said = await apt('install', '/root/broken.deb')
    expect(said).toContain('what is in /etc/postfix/filters.d is not in force:')
    expect(said).toContain('/etc/postfix/filters.d/40-broken.toml:1')
    await expectScanned('beside a broken drop-in')
    await host.type(['systemctl', 'restart', 'candy'])
    await expectScanned('beside a broken drop-in, after a restart')
    const doctor = await host.type(['sh', '-c', 'candy doctor --json || true'])
    expect(doctor).toContain('/etc/postfix/filters.d/40-broken.toml')
    await apt('purge', 'broken')
    await host.type(['candy', 'list'])
    expect(await host.type(['candy', 'status'])).not.toContain('40-broken')
  })

  test("removing a filter's package takes it out of force first, and candy add puts it back", async () => {
    await apt('remove', 'candy-filter-clamav')
    expect(await shell('ls /etc/postfix/filters.d')).toContain('50-clamav.toml.disabled\n')
    await host.send('smtp', 'without the filter')
    expect(await host.delivered('without the filter')).not.toContain('X-Virus-Scanned')
    await apt('install', `/root/${basename(own[1])}`)
    expect(await shell('candy add @candy/filter-clamav')).toContain('put back')
    await expectScanned('with the filter again')
  })

  test("the doctor's timer tells candy that is disabled from candy whose lines are gone", async () => {
    const start = (): Promise<string> =>
      shell('systemctl start postfix-candy-doctor.service; systemctl is-failed postfix-candy-doctor.service || true')
    const said = (): Promise<string> =>
      shell('journalctl --no-pager --unit postfix-candy-doctor.service --output cat --since "$(cat /root/since)"')
    const mark = (): Promise<string> => shell('sleep 1; date "+%F %T" >/root/since')
    await mark()
    await host.type(['candy', 'disable', '--yes'])
    expect(await start()).toBe('inactive\n')
    expect(await said()).toContain('candy is not enabled: Postfix gives it no mail')
    await host.type(['candy', 'enable', '--yes'])
    await mark()
    await shell('cp -a /etc/postfix/master.cf /root/ && postconf -MX candy-lmtp/unix candy-in/unix candy-cleanup/unix')
    expect(await start()).toContain('failed\n')
    expect(await said()).toContain('missing from master.cf')
    await shell('cp -a /root/master.cf /etc/postfix/')
  })

  test("a purge leaves Postfix's files as they were, mail as it comes, and what is in the quarantine", async () => {
    const said = await apt('purge', 'postfix-candy', 'candy-filter-clamav')
    expect(said).toContain('/var/lib/candy/postfix/quarantine')
    expect(await postfixFiles()).toBe(before)
    expect(await shell('ls -d /etc/postfix/filters.d || true')).toContain('No such file')
    expect(await shell('find /etc/systemd/system /usr/lib/systemd/system -name "*candy*"')).toBe('')
    expect(await shell('ls /var/lib/candy/postfix')).toBe('quarantine\n')
    expect(await host.quarantined()).toHaveLength(2)
    expect(await shell('getfacl --omit-header /var/spool/postfix/public 2>/dev/null')).not.toContain('candy')
    await host.send('smtp', 'unfiltered again')
    expect(await host.delivered('unfiltered again')).not.toContain('X-Virus-Scanned')
    await until('the end of the service', async () => (await shell('pgrep -u candy || true')) === '')
  })
})
