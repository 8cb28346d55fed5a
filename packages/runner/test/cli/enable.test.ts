/** `candy enable`, `mode` and `disable` on configurations of a Postfix that does not run: what they show, and what they refuse. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { readShape } from '../postfix/shapes.js'
import { scratch } from '../support.js'
import { COMMAND, candy } from './candy.js'
import { bytesIn, configuration, type Written } from './configuration.js'

const STOCK = readShape('upstream.master.cf')
const FOREIGN = 'content_filter = amavis:[127.0.0.1]:10024\n'
const AS_BEFORE = ['enable', '--yes']
const journal = (state: string): string => `state = "${state}"\n`

test('a dry run shows a diff that a person can read, what is created and what stays unfiltered, and touches nothing', () => {
  const directory = configuration({ master: readShape('submission.master.cf') })
  const before = bytesIn(directory)
  const { status, stdout } = candy(['-c', directory, 'enable', '--dry-run'])
  expect(status).toBe(0)
  expect(stdout).toContain(`--- ${directory}/master.cf\n+++ ${directory}/master.cf\n@@ -1,9 +1,`)
  expect(stdout).toContain('+  -o content_filter=candy-lmtp:unix:candy/lmtp\n')
  expect(stdout).toContain(`create ${directory}/queue/candy (candy:postfix, 2750)\n`)
  expect(stdout).toContain(
    'warning: NOT filtered: submission/inet (line 2): mail of your own users (port submission); --submission',
  )
  expect(bytesIn(directory)).toEqual(before)
})

test("the README shows how that begins on Debian's stock configuration", () => {
  const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8')
  const directory = configuration({ master: readShape('debian.master.cf') })
  const { stdout } = candy(['-c', directory, 'enable', '--dry-run'])
  const shown = /```diff\n(.*?)```/s.exec(readme)?.[1] ?? 'nothing'
  expect(stdout.replaceAll(directory, '/etc/postfix').slice(0, shown.length)).toBe(shown)
})

test('a dry run prints the same as JSON', () => {
  const { status, stdout } = candy([
    '-c',
    configuration({ master: STOCK }),
    'enable',
    '--dry-run',
    '--mode',
    'smtp-before',
    '--json',
  ])
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    mode: 'smtp-before',
    nothingToDo: false,
    entrances: ['smtp/inet (line 12): mail from other hosts (port smtp)'],
  })
})

test('services are named one by one, and what is said last counts', () => {
  const directory = configuration({ master: readShape('services.master.cf') })
  const dryRun = (...argv: readonly string[]): unknown => {
    const { stdout } = candy(['-c', directory, 'enable', '--dry-run', '--json', ...argv])
    const { entrances, services } = JSON.parse(stdout) as { entrances: readonly string[]; services: unknown }
    return [entrances.map((entrance) => entrance.split('/')[0]), services]
  }
  expect(dryRun('--service', '588', '--no-service', '2525', '--no-service', '10587')).toEqual([
    ['smtp', '588'],
    { 588: true, 2525: false, 10587: false },
  ])
  expect(dryRun('--no-service', '2525/inet', '--service', '2525/inet')).toEqual([
    ['smtp', '2525', '10587'],
    { '2525/inet': true },
  ])
})

test('in pipe mode mail comes back by candy-in, unless candy.toml says otherwise', () => {
  const master = STOCK
  const dryRun = (files: Readonly<Record<string, string>>): { diff: string; toCreate: string; warnings: string } => {
    const directory = configuration({ master, files })
    mkdirSync(join(directory, 'queue/public'), { mode: 0o710 })
    const { stdout } = candy(['-c', directory, 'enable', '--dry-run', '--json', '--mode', 'pipe'])
    const shown = JSON.parse(stdout) as { diff: string; toCreate: readonly string[]; warnings: readonly string[] }
    const own = (text: string): string => text.replaceAll(directory, '/D')
    return { diff: own(shown.diff), toCreate: own(shown.toCreate.join('\n')), warnings: shown.warnings.join('\n') }
  }
  const entry = 'an entry for candy in the access control list of /D/queue/public (u:candy:--x)'
  const fresh = dryRun({})
  expect(fresh.diff).toContain('+[pipe]\n+reinject = "unix:/D/queue/public/candy-in"\n')
  expect(fresh.diff).toMatch(/^ pickup .*\n\+ {2}-o content_filter=candy:dummy$/m)
  expect(fresh.toCreate).toContain(entry)
  const old = dryRun({ 'candy.toml': 'mode = "pipe"\n[pipe]\ndeadline = "5m"\n' })
  expect(old.diff).toContain(' [pipe]\n+reinject = "unix:/D/queue/public/candy-in"\n deadline = "5m"\n')
  const elsewhere = dryRun({ 'candy.toml': '[pipe]\nreinject = "127.0.0.1:10026"\n' })
  expect(elsewhere.toCreate).not.toContain(entry)
  expect(elsewhere.diff).toMatch(/^ pickup .*\n\+ {2}-o content_filter=candy:dummy$/m)
})

interface Refusal extends Partial<Written> {
  readonly argv?: readonly string[]
  readonly status?: number
  readonly says: RegExp
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'a Postfix that is not running': { says: /Postfix is not running: start it/ },
  'a mode that there is not': {
    argv: ['enable', '--mode', 'proxy'],
    status: 64,
    says: /Allowed choices are pipe, smtp, smtp-before, milter/,
  },
  'a mode to switch to that there is not': {
    argv: ['mode', 'before', '--yes'],
    status: 64,
    says: /Allowed choices are pipe, smtp, smtp-before, milter/,
  },
  'a switch where candy is not enabled': {
    argv: ['mode', 'pipe', '--yes'],
    says: /is not enabled in .*"candy -c \S+ enable --mode pipe"/,
  },
  'nobody to ask': { argv: ['enable'], status: 64, says: /say --yes/ },
  'a content_filter in main.cf': { main: FOREIGN, says: /postconf -X content_filter/ },
  'an smtpd_proxy_filter in main.cf': {
    main: 'smtpd_proxy_filter = 127.0.0.1:10025\n',
    says: /postconf -X smtpd_proxy_filter/,
  },
  'a content_filter of a receiving service': {
    master: STOCK.replace(/^smtp +inet.*$/m, '$& -o content_filter=scan:x'),
    says: /smtp\/inet \(line 12\) gives its mail to another filter/,
  },
  'a proxy of a receiving service': {
    master: STOCK.replace(/^smtp +inet.*$/m, '$& -o smtpd_proxy_filter=127.0.0.1:10025'),
    says: /smtp\/inet \(line 12\) gives its mail to another filter/,
  },
  'a malformed master.cf': {
    master: `${STOCK}broken unix - - x - - smtp\n`,
    says: /master\.cf:\d+:17: .*mend this line/,
  },
  ...Object.fromEntries(
    ['candy', 'candy-lmtp', 'candy-in', 'candy-in-before', 'candy-cleanup'].map((name) => [
      `a foreign service named ${name}`,
      { master: `${STOCK}${name} unix - n n - - pipe argv=/bin/false\n`, says: /already.*give it another name/ },
    ]),
  ),
  'candy set up by hand': {
    master: `${STOCK}candy unix - n n - 5 pipe\n  flags=Rq user=candy null_sender=\n  argv=/opt/bin/candy-pipe\n`,
    says: /take it out with "candy -c \S+ disable"/,
  },
  'a host that takes no mail': { master: STOCK.replace(/^smtp +inet/m, '#$&'), says: /nothing to filter/ },
  'an instance that sendmail(1) does not serve, in pipe mode by sendmail(1)': {
    files: { 'candy.toml': '[pipe]\nreinject = "sendmail"\n' },
    argv: [...AS_BEFORE, '--mode', 'pipe'],
    says: /alternate_config_directories/,
  },
  'a service that is not there': {
    argv: [...AS_BEFORE, '--service', '10587'],
    says: /no service 10587 in master\.cf receives mail; these do: smtp\/inet/,
  },
  'a candy.toml with a mistake': {
    files: { 'candy.toml': 'mood = "pipe"\n' },
    status: 78,
    says: /candy\.toml:1:1: mood/,
  },
  'a candy.toml with another state': {
    files: { 'candy.toml': journal('/srv/a') },
    argv: [...AS_BEFORE, '--state', '/srv/b'],
    status: 78,
    says: /change it there/,
  },
  'a candy.toml that has candy serve listen elsewhere': {
    files: { 'candy.toml': '[smtp]\nlisten = "127.0.0.1:10025"\n' },
    status: 78,
    says: /listens nowhere else: take the key out/,
  },
  'a candy.toml without a place for the way back of pipe mode': {
    files: { 'candy.toml': 'pipe = { deadline = "5m" }\n' },
    argv: [...AS_BEFORE, '--mode', 'pipe'],
    status: 78,
    says: /no place for pipe\.reinject/,
  },
  'a candy.toml with the key that mode has replaced': {
    files: { 'candy.toml': '[smtp]\nqueue = "before"\n' },
    status: 78,
    says: /candy\.toml:2:1: smtp\.queue: unknown key; write mode = "smtp" or mode = "smtp-before" at the top/,
  },
}

test.each(Object.entries(REFUSALS))('%s is refused, and every byte stays', (_, { argv = AS_BEFORE, ...refusal }) => {
  const { status: expected = 69, says, master = STOCK } = refusal
  const directory = configuration({ ...refusal, master })
  const before = bytesIn(directory)
  // Without `state` in candy.toml the state directory would be below /var/lib.
  const state =
    argv.includes('--state') || 'files' in refusal || argv[0] !== 'enable' ? [] : ['--state', `${directory}/s`]
  const { status, stderr } = candy(['-c', directory, ...argv, ...state])
  expect(stderr).toMatch(says)
  expect(status).toBe(expected)
  expect(bytesIn(directory)).toEqual(before)
})

test.each(['main.cf', 'master.cf'])('without %s the text says that Postfix has to be set up first', (name) => {
  const directory = configuration({ master: STOCK })
  rmSync(join(directory, name))
  for (const argv of [AS_BEFORE, ['enable', '--dry-run'], ['disable', '--yes']]) {
    const { status, stderr } = candy(['-c', directory, ...argv])
    expect(stderr).toContain(`${directory} has no ${name}: Postfix is not set up there`)
    expect(status).toBe(69)
  }
})

test('a directory that others than root may write is not worked in', () => {
  const directory = configuration({ master: STOCK })
  const before = bytesIn(directory)
  chmodSync(directory, 0o775)
  const { status, stderr } = candy(['-c', directory, ...AS_BEFORE])
  expect(stderr).toContain(`chmod go-w ${directory}`)
  expect(status).toBe(78)
  expect(bytesIn(directory)).toEqual(before)
})

test('in a working directory that was removed it says so', () => {
  const gone = scratch()
  const argv = ['-c', 'mkdir "$1/x" && cd "$1/x" && rmdir "$1/x" && shift && exec "$@"', 'sh', gone]
  const { status, stderr } = spawnSync('sh', [...argv, process.execPath, COMMAND, 'enable', '--dry-run'], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('the working directory is gone: change to another one (cd /), then try again\n')
  expect(status).toBe(66)
})

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
  ['no', 'n\r'],
])('%s at the question is a no', (_, keys) => {
  const directory = configuration({ master: STOCK })
  const before = bytesIn(directory)
  const line = [process.execPath, COMMAND, '-c', directory, 'enable', '--state', `${directory}/s`]
  // script(1) gives the command a terminal. The keys are typed when the question is shown.
  const typed = `{ while ! grep -q 'Do this' "$0" 2>/dev/null; do sleep 0.1; done; printf '${keys}'; sleep 1; } | script -qefc "$1" "$0" >/dev/null`
  const log = join(scratch(), 'log')
  const { status } = spawnSync('sh', ['-c', typed, log, line.join(' ')])
  const shown = stripVTControlCharacters(readFileSync(log, 'utf8'))
  expect(shown).toMatch(/Do this\? \[y\/N\] (?:\^C|\^D|n)*\s*nothing was done/)
  expect(shown).not.toMatch(/Error|\bat .*:\d+/)
  expect(status).toBe(64)
  expect(bytesIn(directory)).toEqual(before)
})

const RECORD = 'is not what candy has written as root'

test.each(['journal.json', 'pending.json'])(
  "a %s that is not root's own is not believed, and every byte stays",
  (name) => {
    const plants: Readonly<Record<string, (path: string) => void>> = {
      'belongs to user 65534': (path) => {
        writeFileSync(path, '{}')
        chownSync(path, 65_534, 0)
      },
      'others may write it': (path) => {
        writeFileSync(path, '{}')
        chmodSync(path, 0o666)
      },
      'it is a symbolic link': (path) => symlinkSync('/etc/passwd', path),
      'it is no regular file': (path) => void spawnSync('mkfifo', [path]),
      'it has other names': (path) => {
        writeFileSync(`${path}.other`, '{}')
        linkSync(`${path}.other`, path)
      },
    }
    for (const [why, plant] of Object.entries(plants)) {
      const directory = configuration({ master: STOCK })
      mkdirSync(join(directory, 's'))
      writeFileSync(join(directory, 'candy.toml'), journal(join(directory, 's')))
      plant(join(directory, 's', name))
      const before = bytesIn(directory)
      const { status, stderr } = candy(['-c', directory, 'disable', '--yes'])
      expect(stderr).toContain(`${name} ${RECORD}: `)
      expect(stderr).toContain(why)
      expect(status).toBe(69)
      expect(bytesIn(directory)).toEqual(before)
    }
  },
)

test("a state directory that is not root's, or below one that is not, is not used", () => {
  const directory = configuration({ master: STOCK })
  const state = join(directory, 'a/b')
  mkdirSync(state, { recursive: true })
  chownSync(join(directory, 'a'), 65_534, 65_534)
  const before = bytesIn(directory)
  const { status, stderr } = candy(['-c', directory, ...AS_BEFORE, '--state', state])
  expect(stderr).toContain(`${state} is used by root and must be root's alone: ${join(directory, 'a')} belongs to user`)
  expect(status).toBe(78)
  expect(bytesIn(directory)).toEqual(before)
})

test('a read-only configuration directory is reported in a sentence, and nothing is begun', () => {
  const directory = configuration({ master: STOCK })
  const before = bytesIn(directory)
  const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
  const line = [process.execPath, COMMAND, '-c', directory, ...AS_BEFORE, '--state', `${directory}-state`]
  const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', directory, ...line], {
    encoding: 'utf8',
  })
  expect(stderr).toBe(`${directory}/candy.lock: the file system is read-only: mount it for writing, then try again\n`)
  expect(status).toBe(74)
  expect(bytesIn(directory)).toEqual(before)
  expect(existsSync(`${directory}-state`)).toBe(false)
})

test('a switch warns of keys that were written for the other SMTP mode', () => {
  const keys = '[smtp]\ndeadline = "10m"\nnext_hop = "127.0.0.1:10026"\n'
  const warnings = (from: string, to: string): unknown => {
    const directory = configuration({ master: STOCK, files: { 'candy.toml': `mode = "${from}"\n${keys}` } })
    const { stdout } = candy(['-c', directory, 'enable', '--dry-run', '--json', '--mode', to])
    const { warnings: all } = JSON.parse(stdout) as { readonly warnings: readonly string[] }
    return all.filter((one) => one.startsWith(directory)).map((one) => one.slice(directory.length + 1))
  }
  const moved = (from: string, to: string): string =>
    `candy.toml: smtp.next_hop, smtp.deadline was written for mode ${from}, and is now about mode ${to}`
  expect(warnings('smtp', 'smtp')).toEqual([])
  expect(warnings('smtp', 'smtp-before')).toEqual([moved('smtp', 'smtp-before')])
  expect(warnings('smtp-before', 'smtp')).toEqual([moved('smtp-before', 'smtp')])
  // In pipe mode these keys concern messages that are still in the queue for mode smtp.
  expect(warnings('pipe', 'smtp')).toEqual([])
  expect(warnings('pipe', 'smtp-before')).toEqual([moved('smtp', 'smtp-before')])
})
