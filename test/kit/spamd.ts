/**
 * A real spamd (Debian package `spamd`) with Debian's rules, on its own socket, for tests and benchmarks. spamd(8p).
 *
 * Local tests only: no DNS, no Razor, no Pyzor. It learns by itself nothing, and on demand only into `directory`. It takes
 * about two seconds to compile its rules, more when they are not in the page cache: start one for a whole test file.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.js'
import { freePort } from './scratch.js'

/** What SpamAssassin takes for spam, whatever else it thinks; in two pieces, so that this file is none. */
export const GTUBE: string = ['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('')

export interface SpamdOptions {
  /** Where the socket and all state go; other accounts must be able to enter it (`makeScratch`). */
  readonly directory: string
  /** Listens on a free port of 127.0.0.1 too. */
  readonly tcp?: boolean
  /** Obeys TELL; learns into a Bayes database below `directory`. */
  readonly allowTell?: boolean
  /** Messages that it scans at the same time. */
  readonly children?: number
  /** Lines of configuration after Debian's: rules, scores, settings. */
  readonly config?: readonly string[]
  /** None of Debian's rules and plugins: `config` is all there is. Starts and scans much faster. */
  readonly bare?: boolean
  /** What a user named in a request has in their `user_prefs`. Only for root: spamd wants an account to change to. */
  readonly users?: Readonly<Record<string, string>>
}

export interface Spamd extends Daemon, AsyncDisposable {
  /** The path of its UNIX socket; every account may connect. */
  readonly socket: string
  /** `127.0.0.1:PORT`, when `tcp` was asked for. */
  readonly tcp?: string
}

/** Starts spamd and waits until it answers a PING. Throws, with what it printed, when it does not. */
export async function startSpamd(options: SpamdOptions): Promise<Spamd> {
  const { directory, children = 2 } = options
  const socket = join(directory, 'spamd.sock')
  const tcp = options.tcp === true ? `127.0.0.1:${await freePort()}` : undefined
  const [bayes, home, users] = await Promise.all(
    ['bayes', 'home', 'users'].map((name) => makeWritable(join(directory, name))),
  )
  await writeUsers(users ?? '', options.users ?? {})
  const rules = options.bare === true ? join(directory, 'rules') : undefined
  if (rules !== undefined) {
    await makeWritable(rules)
    await writeFile(join(rules, 'all.pre'), 'loadplugin Mail::SpamAssassin::Plugin::Check\n')
    await writeFile(join(rules, 'all.cf'), `${options.config?.join('\n')}\n`)
  }
  const lines = ['bayes_auto_learn 0', `bayes_path ${bayes}/bayes`, ...(options.config ?? [])]
  const daemon = await startDaemon({
    command: '/usr/sbin/spamd',
    args: [
      '--local',
      '--syslog=stderr',
      `--socketpath=${socket}`,
      '--socketmode=0666',
      ...(tcp === undefined ? [] : [`--listen=${tcp}`]),
      `--min-children=${Math.min(children, 2)}`,
      `--max-children=${children}`,
      '--min-spare=1',
      `--max-spare=${children}`,
      // Without an account to change to, spamd refuses to scan as root.
      ...(process.getuid?.() === 0 ? ['--username=nobody'] : []),
      `--helper-home-dir=${home}`,
      '--nouser-config',
      ...(rules === undefined
        ? lines.map((line) => `--cf=${line}`)
        : [`--configpath=${rules}`, `--siteconfigpath=${rules}`]),
      ...(options.users === undefined ? [] : [`--virtual-config-dir=${users}/%u`]),
      ...(options.allowTell === true ? ['--allow-tell'] : []),
    ],
    env: { HOME: home ?? '', TMPDIR: home ?? '' },
    TIME_LIMIT: 60_000,
    ready: async () => (await ping(socket)).includes('PONG'),
  })
  return { ...daemon, socket, ...(tcp === undefined ? {} : { tcp }), [Symbol.asyncDispose]: daemon.stop }
}

/** A directory that the account spamd runs as can write to. */
async function makeWritable(path: string): Promise<string> {
  await mkdir(path, { recursive: true })
  await chmod(path, 0o777)
  return path
}

async function writeUsers(directory: string, users: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, preferences] of Object.entries(users)) {
    const home = await makeWritable(join(directory, name))
    await writeFile(join(home, 'user_prefs'), preferences)
  }
}

/** What spamd answers to a PING (spamd/PROTOCOL); throws as long as nobody listens. */
async function ping(path: string): Promise<string> {
  let answer = ''
  const socket = connect(path)
  socket.write('PING SPAMC/1.5\r\n\r\n')
  for await (const chunk of socket) answer += chunk
  return answer
}
