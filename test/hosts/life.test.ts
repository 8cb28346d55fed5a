/**
 * What README.md promises an administrator, on each Debian release: candy is set up on a mail host that runs under its own
 * systemd, mail is filtered through crashes, a reboot and an upgrade of Postfix, in each mode, and in the end nothing of it is
 * left. The steps of one host stand in the order of its life.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { typedToClamd, typedToSystemd } from '../commands/typed.js'
import { EICAR } from '../kit/clamd.js'
import { makeScratch, type Scratch } from '../kit/scratch.js'
import { until } from '../kit/waiting.js'
import { baseOf } from './base.js'
import { type Host, startHost } from './host.js'
import { install, pack } from './product.js'
import { RELEASES } from './releases.js'
import { asUnavailable, sayAtTheEnd, Unavailable } from './unavailable.js'

let scratch: Scratch
let tarballs: readonly string[]
/** By suite: a promise each, since making them takes most of the time. */
const bases = new Map<string, Promise<string | Error>>()

beforeAll(async () => {
  scratch = await makeScratch('hosts')
  for (const release of RELEASES) {
    const made = asUnavailable('its files cannot be made', () => baseOf(release, scratch.path))
    bases.set(
      release.suite,
      made.catch((error: Error) => error),
    )
  }
  tarballs = await pack(join(scratch.path, 'packed'))
})
afterAll(() => scratch.remove())

/** What `candy doctor --json` prints, as far as it is looked at. */
interface Examined {
  readonly findings: readonly { readonly check: string; readonly state: string }[]
}

/** What `candy trace --json` prints, as far as it is looked at. */
interface Traced {
  readonly messages: readonly {
    readonly outcome: string
    readonly queueIds: readonly string[]
    readonly quarantined: readonly string[]
    readonly events: readonly { readonly event: string }[]
  }[]
  readonly searched: readonly { readonly name: string }[]
}

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

  /** Everything is well, and test messages come to the end that they should. */
  async function expectWell(): Promise<void> {
    let said = ''
    const isWell = async (): Promise<boolean> => {
      said = await host.type(['sh', '-c', 'candy doctor --send 2>&1; echo "status $?"'])
      return said.endsWith('status 0\n')
    }
    await until('candy doctor --send', isWell, { milliseconds: 100_000, explain: async () => said })
  }

  /** Why the steps that are left are not run. */
  let over: string | undefined
  beforeAll(async () => {
    const base = await bases.get(release.suite)
    try {
      if (typeof base !== 'string') throw base
      host = await startHost(base, release, (tree) => install(tree, release, tarballs))
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      over = error.message
      await sayAtTheEnd(`NOT RUN on ${release.name}, so nothing is known of it: ${over}`)
    }
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  beforeEach((context) => {
    if (over !== undefined) context.skip(over.split('\n', 1)[0])
    context.onTestFailed(() => {
      over = 'a step before this one failed'
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
    for (const unit of ['candy.service', 'candy-smtp.socket', 'candy-smtp-before.socket', 'candy-milter.socket']) {
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

  test('candy trace tells from the journal what became of mail', async () => {
    const printed = await host.type(['candy', 'trace', 'alice@example.com', '--json'])
    const { messages, searched } = JSON.parse(printed.slice(printed.indexOf('{'))) as Traced
    expect(searched.map(({ name }) => name)).toEqual(['the journal'])
    expect(messages.find(({ outcome }) => outcome === 'quarantined')).toMatchObject({
      quarantined: [expect.any(String)],
    })
    const delivered = messages.find(({ outcome, queueIds }) => outcome === 'delivered' && queueIds.length === 2)
    const events = delivered?.events.map(({ event }) => event)
    expect(events).toEqual(expect.arrayContaining(['received', 'judged', 'filtered', 'delivered']))
  })

  test('candy doctor tells what to set in the clamd of the release, and then all is well', async () => {
    expect(await host.type(['sh', '-c', 'candy doctor --json || true'])).toContain(
      'set in /etc/clamav/clamd.conf AlertExceedsMax yes',
    )
    for (const line of typedToClamd()) await host.type(['sh', '-c', line])
    await host.type(['systemctl', 'restart', 'clamav-daemon'])
    // Debian has a MaxScanTime already, and clamd takes the first of two lines.
    expect(await host.type(['clamconf'])).toMatch(/^MaxScanTime = "50000"$/m)
    await expectWell()
  })

  test.each([
    ['units', 'systemctl stop candy-smtp.socket candy.service'],
    ['units', 'systemctl disable candy.service candy-smtp.socket'],
    ['filters', 'systemctl stop clamav-daemon'],
    [
      'generation',
      `sed -i 's/"version": "[^"]*"/"version": "99.0.0"/' "$(dirname "$(realpath "$(command -v candy)")")/../package.json"`,
    ],
  ])('candy doctor names, as %s, what is done by %s, and what to type against it', async (subject, fault) => {
    await host.type(['sh', '-c', fault])
    const { findings } = JSON.parse(await host.type(['sh', '-c', 'candy doctor --json || true'])) as {
      readonly findings: readonly { readonly check: string; readonly state: string; readonly remedy: string[] }[]
    }
    const found = findings.filter(({ check, state }) => check === subject && state === 'ailing')
    expect(found).toHaveLength(1)
    expect(found[0]?.remedy).not.toEqual([])
    for (const command of found[0]?.remedy ?? []) await host.type(['sh', '-c', command])
    await expectWell()
  })

  test('what the pages have root type to systemd can be typed', async () => {
    expect(typedToSystemd()).toContain('systemctl restart candy')
    // grep(1) ends with 1 where it finds nothing.
    for (const line of typedToSystemd())
      await host.type(['sh', '-c', line.includes('| grep') ? `${line} || true` : line])
    await expectFiltered('smtp', 'after what the pages say')
  })

  test('a reload is answered, and mail goes on', async () => {
    await host.type(['systemctl', 'reload', 'candy'])
    await expectFiltered('smtp', 'after a reload')
  })

  test('the service comes back when it is killed', async () => {
    await host.type(['pkill', '-KILL', '-u', 'candy'])
    await expectFiltered('smtp', 'after kill -9')
  })

  test('the service comes back when its supervisor alone is killed amid mail, and none is lost', async () => {
    const subjects = Array.from({ length: 20 }, (_, n) => `amid mail ${n}`)
    const sent = (async (): Promise<void> => {
      for (const subject of subjects) await host.send('smtp', subject)
    })()
    await host.delivered('amid mail 0')
    const state = (): Promise<string> => host.type(['systemctl', 'show', '--property=MainPID,SubState', 'candy'])
    const [, pid = ''] = /^MainPID=(\d+)$/m.exec(await state()) ?? []
    await host.type(['kill', '-KILL', pid])
    await sent
    const anew = async (): Promise<boolean> => {
      const now = await state()
      return now.includes('SubState=running\n') && !now.includes(`MainPID=${pid}\n`)
    }
    await until('a new supervisor', anew, { milliseconds: 60_000 })
    // Its workers were killed with it, and what they had waits for Postfix's next try (minimal_backoff_time in postconf(5)).
    await host.type(['postqueue', '-f'])
    for (const subject of subjects) expect(await host.delivered(subject)).toContain('\nX-Virus-Scanned: ')
    await host.untilEmpty()
    await expectFiltered('smtp', 'after the end of the supervisor')
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

  test.each(['pipe', 'smtp-before', 'milter', 'smtp'])('candy mode %s has mail filtered in that mode', async (mode) => {
    await host.type(['candy', 'mode', '--yes', mode])
    const { findings } = JSON.parse(await host.type(['sh', '-c', 'candy doctor --json || true'])) as Examined
    expect(findings).toContainEqual(expect.objectContaining({ check: 'generation', state: 'well' }))
    await expectFiltered('smtp', mode)
    if (mode === 'milter') {
      await expectFiltered('sendmail', `${mode} from this host`)
      expect(await host.type(['postqueue', '-j'])).toBe('')
    }
    await expectWell()
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
