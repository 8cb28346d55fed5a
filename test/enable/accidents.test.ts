/** What goes wrong while candy is enabled is put back byte for byte, with the reason; nothing of candy is left. */
import { chmod, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { soaking } from '../kit/soak.js'
import { type Files, type Site, startSite } from './site.js'

const LONG = { timeout: 300_000 }

/** Mail that nothing happens to. */
const MAIL = { sender: 'a@example.com', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }

/** A site on which enabling fails, and what was there before. */
class Failure {
  readonly site: Site
  readonly filters: string
  before: Files = { master: '', main: '' }
  #listing: readonly string[] = []

  /** Does this on a site of its own. In the end all must be as it was, no mail be left, and new mail pass. */
  static on(act: (failure: Failure) => Promise<void>): () => Promise<void> {
    return async () => {
      await using site = await startSite()
      // What Postfix makes in a new queue directory when it looks at it is no trace of candy's.
      await site.postfix.run('postfix', ['check'])
      const failure = new Failure(site)
      failure.before = await site.files()
      await failure.allow()
      await act(failure)
      await failure.#expectNothing()
    }
  }

  private constructor(site: Site) {
    this.site = site
    this.filters = join(site.postfix.configDirectory, 'filters.d')
  }

  /** Lets what is there now be there in the end. */
  async allow(): Promise<void> {
    this.#listing = await this.#everything()
  }

  /** Enables in vain, and returns what was said. */
  async enable(...argv: readonly string[]): Promise<string> {
    const { stderr } = await this.site.candy(['enable', '--yes', '--state', this.site.state, ...argv], 69)
    return stderr
  }

  /** Expects Postfix's files, all other files and the queue to be as they were. */
  async expectAsBefore(after?: string): Promise<void> {
    expect(await this.site.files(), after).toEqual(this.before)
    expect(await this.#everything(), after).toEqual(this.#listing)
    expect(await this.site.postfix.queue(), after).toEqual([])
  }

  async #expectNothing(): Promise<void> {
    const { postfix, sink } = this.site
    await this.expectAsBefore()
    await deliver(postfix.port, MAIL)
    await sink.waitFor(1)
  }

  /**
   * The paths of all files in the configuration and queue directories but mail, and the access control list of the directory where mail
   * comes back.
   */
  async #everything(): Promise<readonly string[]> {
    const { configDirectory, queueDirectory } = this.site.postfix
    const config = await readdir(configDirectory, { recursive: true })
    const { stdout } = await this.site.postfix.run('getfacl', ['-p', join(queueDirectory, 'public')])
    const permissions = stdout.toString()
    return [
      ...config,
      ...(await readdir(queueDirectory)),
      ...(await readdir(this.site.directory)),
      permissions,
    ].toSorted()
  }
}

// Each on a site of its own, at the same time: they wait more than they work.

test.concurrent(
  'a runner that the filter account cannot reach',
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    await chmod(site.installation.directory, 0o700)
    try {
      const text = await failure.enable('--mode', 'pipe')
      expect(text).toMatch(
        /candy was not enabled: a test message does not come through: candy pipe ended with status 1; the system log says more/,
      )
      expect(text).toContain('Everything is as it was before.')
    } finally {
      await chmod(site.installation.directory, 0o755)
    }
  }),
)

test.concurrent(
  'a filter that is there already and keeps the test message, or defers it',
  LONG,
  Failure.on(async (failure) => {
    const { site, filters } = failure
    await mkdir(filters)
    await failure.allow()
    await writeFile(join(filters, '50-no'), '#!/bin/sh\necho "4.7.1 not today"; exit 75\n', { mode: 0o755 })
    await failure.allow()
    expect(await failure.enable('--mode', 'pipe')).toMatch(/does not come through: .*not today/)
    await writeFile(join(filters, '50-no'), '#!/bin/sh\nexit 69\n', { mode: 0o755 })
    const text = await failure.enable('--mode', 'pipe')
    expect(text).toContain('does not come back: look at "candy list"')
    // A message is in the quarantine, which is therefore kept.
    expect(await site.quarantined()).toHaveLength(1)
    await rm(join(filters, '50-no'))
    await failure.allow()
  }),
)

test.concurrent(
  'no candy serve that answers in mode smtp',
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    const failed = failure.enable('--mode', 'smtp', '--wait', '5s')
    await sleep(3_000)
    expect(await site.files()).toEqual(failure.before)
    expect(await failed).toMatch(/nobody answers on .*candy\/lmtp: have this run under your supervisor/)
  }),
)

test.concurrent(
  'a dry run and a command that can ask nobody touch nothing',
  LONG,
  Failure.on(async ({ site }) => {
    const { stdout } = await site.candy(['enable', '--dry-run', '--mode', 'pipe', '--json'])
    const shown = JSON.parse(stdout) as { readonly diff: string; readonly nothingToDo: boolean }
    expect(shown.nothingToDo).toBe(false)
    expect(shown.diff).toContain('+  -o content_filter=candy:dummy')
    const { stderr } = await site.candy(['enable', '--mode', 'pipe', '--state', site.state], 64)
    expect(stderr).toContain('say --yes')
  }),
)

/** Fails once, the given time: at the first the services are not taken, at the second new mail is not given. */
const FAILURES = [
  ['postconf', '-M', 1],
  ['postconf', '-M', 2],
  ['postfix', 'reload', 1],
  ['postfix', 'reload', 2],
] as const

test.concurrent(
  'postconf -M or postfix reload fails, before candy has its services or before it is given mail',
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    for (const [command, verb, turn] of FAILURES) {
      const directory = join(site.directory, 'fake')
      await mkdir(directory)
      const count = join(directory, 'count')
      const fake = `#!/bin/sh
for verb; do :; done
[ "$verb" = ${verb} ] && echo >>${count} && [ "$(wc -l <${count})" = ${turn} ] && { echo "no ${verb} today" >&2; exit 1; }
exec /usr/sbin/${command} "$@"
`
      await writeFile(join(directory, command), fake, { mode: 0o755 })
      try {
        const argv = ['enable', '--yes', '--state', site.state, '--mode', 'pipe']
        const { stderr } = await site.candyIn(`PATH=${directory}:$PATH exec "$@"`, argv, 69)
        expect(stderr, `${verb} ${turn}`).toContain(`no ${verb} today`)
        expect(stderr, `${verb} ${turn}`).toContain('Everything is as it was before.')
      } finally {
        await rm(directory, { recursive: true })
      }
      await failure.expectAsBefore(`${verb} ${turn}`)
    }
  }),
)

/** Starts `candy enable`, and waits until a filter holds the test message. The filter goes on when its file is removed. */
async function untilProof(
  { site, filters }: Failure,
  status: number,
): Promise<{ pid: number; ended: Promise<string> }> {
  await mkdir(filters, { recursive: true })
  await writeFile(join(filters, '50-no'), '#!/bin/sh\nwhile [ -e "$0" ]; do sleep 0.2; done\n', { mode: 0o755 })
  const pidFile = join(site.directory, 'pid')
  const argv = ['enable', '--yes', '--state', site.state, '--mode', 'pipe']
  const ended = site.candyIn(`echo $$ >${pidFile}; exec "$@"`, argv, status).then(({ stderr }) => stderr)
  ended.catch(() => {})
  await site.postfix.waitUntil('the proof', async () => (await site.postfix.queue()).length > 0)
  const pid = Number(await readFile(pidFile, 'utf8'))
  await rm(pidFile)
  return { pid, ended }
}

test.concurrent(
  'the command is stopped half way',
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    const { pid, ended } = await untilProof(failure, 69)
    expect((await site.files()).master).toContain('candy-proof')
    process.kill(pid, 'SIGTERM')
    await rm(join(failure.filters, '50-no'))
    expect(await ended).toMatch(/not enabled: (?:it was stopped|.*)\nEverything is as it was before/)
    await failure.allow()
  }),
)

test.concurrent(
  "somebody edits master.cf half way: candy's lines go, and the edit stays",
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    const { ended } = await untilProof(failure, 69)
    const path = join(site.postfix.configDirectory, 'master.cf')
    await writeFile(path, `${(await site.files()).master}# by hand\n`, 'latin1')
    await rm(join(failure.filters, '50-no'))
    expect(await ended).toMatch(/Everything of candy's is taken back; .* edited meanwhile stays \(.*master\.cf\)/)
    expect(await site.files()).toEqual({ master: `${failure.before.master}# by hand\n`, main: failure.before.main })
    await writeFile(path, failure.before.master, 'latin1')
    await site.postfix.reload()
    await failure.allow()
  }),
)

/** Leaves a command that was killed while its test message was on the way. */
async function killAtProof(failure: Failure): Promise<void> {
  const { pid, ended } = await untilProof(failure, 0)
  process.kill(pid, 'SIGKILL')
  await expect(ended).rejects.toThrow('status null')
  expect((await failure.site.files()).master).toContain('candy-proof')
}

async function afterwards(failure: Failure): Promise<void> {
  await rm(join(failure.filters, '50-no'))
  await failure.allow()
}

test.concurrent(
  'a command that is killed half way is undone by the next',
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    await killAtProof(failure)
    const { stderr } = await site.candy(['disable', '--yes'])
    expect(stderr).toContain('cut short: what it had begun is undone')
    await afterwards(failure)
  }),
)

test.concurrent(
  'killed half way, and main.cf and master.cf edited by other programs since: both commands go on, and the edits stay',
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    await killAtProof(failure)
    await site.postfix.set({ smtpd_banner: 'edited' })
    await site.writeMaster(`${(await site.files()).master}mine unix - - n - - smtp\n`)
    const { stderr } = await site.candy(['enable', '--dry-run', '--mode', 'pipe'])
    expect(stderr).toBe('')
    const undone = await site.candy(['disable', '--yes'])
    expect(undone.stderr).toMatch(/what another program has edited meanwhile stays \(.*main\.cf, .*master\.cf\)/)
    const files = await site.files()
    expect(files).toEqual({
      main: `${failure.before.main}smtpd_banner = edited\n`,
      master: `${failure.before.master}mine unix - - n - - smtp\n`,
    })
    failure.before = files
    await afterwards(failure)
  }),
)

test.concurrent(
  'a command that was killed half way, and whose record was cut off by a full disk: either command removes its lines by name',
  LONG,
  Failure.on(async (failure) => {
    const { site } = failure
    for (const size of [0, 1, 900]) {
      await killAtProof(failure)
      await truncate(join(site.state, 'pending.json'), size)
      const { stderr } = await site.candy(['disable', '--yes'])
      expect(stderr).toContain('what it had noted is damaged')
      expect(await site.files()).toEqual(failure.before)
      await rm(join(failure.filters, '50-no'))
      if (!soaking) break
    }
    await killAtProof(failure)
    await rm(join(site.state, 'pending.json'))
    await rm(join(failure.filters, '50-no'))
    await site.enable('--mode', 'pipe')
    const { master, main } = await site.files()
    expect(`${master}${main}`).not.toMatch(/candy-proof|soft_bounce/)
    await site.candy(['disable', '--yes'])
    await failure.allow()
  }),
)
