/** Enabling and disabling without systemd, where a person or another supervisor keeps `candy serve` up. */
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, deliver } from '../kit/client.js'
import { type Site, startSite } from './site.js'

const LONG = { timeout: 240_000 }

/** Does this on a site of its own; then Postfix's files must be what they were. */
function onSite(act: (site: Site) => Promise<void>): () => Promise<void> {
  return async () => {
    await using site = await startSite()
    const before = await site.files()
    await act(site)
    expect(await site.files()).toEqual(before)
  }
}

function mail(body: string): { sender: string; recipients: string[]; bytes: string } {
  return { sender: 'a@example.com', recipients: ['b@example.net'], bytes: `Subject: test\r\n\r\n${body}\r\n` }
}

function socketsOf({ postfix }: Site): string {
  return join(postfix.queueDirectory, 'candy')
}

// Each on a site of its own, at the same time: they wait more than they work.

test.concurrent(
  'enable prints the command that it waits for; typed as it stands, by root, it is enough, and disable ends it',
  LONG,
  onSite(async (site) => {
    const line = ['enable', '--yes', '--mode', 'smtp', '--state', site.state, '--wait', '60s']
    const told = join(site.directory, 'told-enable')
    const enabled = site.candyIn(`exec "$@" 2>${told}`, line)
    enabled.catch(() => {})
    const command = async (): Promise<string | undefined> =>
      /waiting for candy serve: .*: (\/.* serve) \.\.\.$/m.exec(await readFile(told, 'utf8').catch(() => ''))?.[1]
    await site.postfix.waitUntil('the command', async () => (await command()) !== undefined)
    const typed = (await command()) ?? ''
    const served = site.postfix.run('sh', ['-c', typed])
    await enabled
    expect(await readFile(told, 'utf8')).toContain('There is no filter yet, so all mail passes. Add one: candy add')
    await deliver(site.postfix.port, mail('judged'))
    await site.sink.waitFor(1)

    const dry = await site.candy(['disable', '--dry-run'])
    expect(dry.stdout).toMatch(/^stop candy serve \(process \d+\)$/m)
    expect(dry.stdout).toContain(`remove ${socketsOf(site)}\n`)
    const { stderr } = await site.candy(['disable', '--yes'])
    expect(stderr).toMatch(/stopping candy serve \(process \d+\)/)
    expect((await served).status).toBe(0)
    expect(existsSync(socketsOf(site))).toBe(false)
  }),
)

test.concurrent(
  'started before candy is enabled again, serve says what makes its directory',
  LONG,
  onSite(async (site) => {
    await site.enable('--mode', 'pipe')
    await site.candy(['disable', '--yes'])
    const { stdout, stderr, status } = await site.postfix.run('sh', [
      '-c',
      'exec "$@"',
      'sh',
      process.execPath,
      site.installation.candy,
      'serve',
    ])
    expect(`${stdout}${stderr}`).toContain(
      'its directory is missing; "candy enable" makes it, and waits for candy serve',
    )
    expect(status).toBe(78)
  }),
)

test.concurrent(
  'sessions of candy-in for mail that candy is judging are not taken for sessions from before',
  LONG,
  onSite(async (site) => {
    const go = join(site.directory, 'go')
    await site.writeFilter('50-wait', `#!/bin/sh\nwhile [ ! -e ${go} ]; do sleep 0.2; done\n`)
    site.supervise()
    await writeFile(go, '')
    await site.enable('--mode', 'smtp')
    await rm(go)
    for (const body of ['one', 'two']) await deliver(site.postfix.port, mail(body))
    await site.postfix.waitUntil('candy to hold sessions', () => site.postfix.servers('candy-in').length === 2)
    const said = join(site.directory, 'said')
    const disabled = site.candyIn(`exec "$@" 2>${said}`, ['disable', '--yes', '--wait', '60s'])
    disabled.catch(() => {})
    // What comes after waiting for sessions from before, while candy still holds its own.
    await site.postfix.waitUntil('what comes next', async () =>
      (await readFile(said, 'utf8').catch(() => '')).includes('received for candy'),
    )
    await writeFile(go, '')
    await disabled
    await site.sink.waitFor(2)
    expect(existsSync(socketsOf(site))).toBe(false)
    await rm(join(site.postfix.configDirectory, 'filters.d/50-wait'))
  }),
)

test.concurrent(
  'a session from before is still recognized',
  LONG,
  onSite(async (site) => {
    await site.enable('--mode', 'pipe')
    await using client = await connect(site.postfix.port)
    await client.ehlo()
    const { stderr } = await site.candy(['disable', '--yes', '--wait', '1s'], 69)
    expect(stderr).toMatch(/sessions from before are still open \(smtpd \d+\)/)
    await client.quit()
    await site.candy(['disable', '--yes'])
  }),
)

test.concurrent(
  'a dry run of purging names all that would go, in text and JSON, also when candy is disabled already',
  LONG,
  onSite(async (site) => {
    await site.writeFilter('50-filter', '#!/bin/sh\nexit 69\n')
    await site.enable('--mode', 'pipe').catch(() => {})
    await rm(join(site.postfix.configDirectory, 'filters.d/50-filter'))
    await site.enable('--mode', 'pipe')
    await site.writeFilter('50-filter', '#!/bin/sh\nexit 69\n')
    await deliver(site.postfix.port, mail('bad'))
    await site.postfix.waitUntilEmpty()
    const count = (await site.quarantined()).length
    expect(count).toBeGreaterThan(0)
    const purge = ['disable', '--purge', '--quarantine', '--dry-run']
    const quarantine = join(site.state, 'quarantine')
    const expected = { name: quarantine, messages: count }
    expect((await site.candy(purge)).stdout).toContain(`remove ${quarantine}, and the ${count} messages`)
    await site.candy(['disable', '--yes'])
    const { stdout } = await site.candy(purge)
    expect(stdout).not.toContain('Nothing to do')
    expect(stdout).toContain(`remove ${quarantine}, and the ${count} messages`)
    const shown = JSON.parse((await site.candy([...purge, '--json'])).stdout) as {
      removals: unknown[]
      nothingToDo: boolean
    }
    expect(shown.nothingToDo).toBe(false)
    expect(shown.removals).toContainEqual(expected)
    expect(await site.quarantined()).toHaveLength(count)
    const named = (shown.removals as { name: string }[]).map(({ name }) => name)
    await site.candy(['disable', '--purge', '--quarantine', '--yes'])
    for (const name of named) expect(existsSync(name), name).toBe(false)
    expect(await readdir(site.postfix.configDirectory)).not.toContain('candy.toml')
    await rm(join(site.postfix.configDirectory, 'filters.d'), { recursive: true, force: true })
  }),
)
