/**
 * What else filters mail behind Postfix on Debian, each with the configuration that its documentation gives for this, and
 * the same clamd as ours. Those that hold a message in a process of their own get two, as many as candy has workers.
 */
import { existsSync } from 'node:fs'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { connect } from '../test/kit/client.js'
import { type Daemon, startDaemon } from '../test/kit/daemon.js'
import { changeService, editFiles } from '../test/kit/enabled.js'
import { backOverTcp, overTcp } from '../test/kit/over-tcp.js'
import { idOf } from '../test/kit/queue-directory.js'
import { freePort } from '../test/kit/scratch.js'
import { startTestBed, type TestBed, type TestBedOptions } from '../test/kit/test-bed.js'
import { AFTER_LIMIT, type Daemons, type Lane, main, NO_FILTER, type Track } from './lane.js'

interface Place {
  /** The daemon may write here. */
  readonly directory: string
  /** It may not write here; amavis insists on that. */
  readonly configuration: string
  /** Where it listens. */
  readonly port: number
  /** Where it hands mail on. */
  readonly back: number
  readonly clamd: string
}

interface Rival {
  readonly name: string
  readonly debian: string
  /** Its account. */
  readonly user: string
  /** Connections that it serves at the same time; so many has Postfix, or idle ones would keep others waiting. */
  readonly connections: number
  /** The command line; may write files first. */
  command(place: Place): Promise<readonly [string, ...string[]]>
}

export const CLAMSMTP: Lane = rivalLane({
  name: 'smtp: clamsmtp, clamd',
  debian: 'clamsmtp',
  user: 'clamsmtp',
  connections: 10,
  command: async ({ directory, configuration, port, back, clamd }) => {
    const lines = [
      `Listen: 127.0.0.1:${port}`,
      `OutAddress: 127.0.0.1:${back}`,
      `ClamAddress: ${clamd}`,
      `TempDirectory: ${directory}`,
      'User: clamsmtp',
    ]
    return ['clamsmtpd', '-d', '1', '-f', await file(configuration, 'clamsmtpd.conf', lines)]
  },
})

const PERL: readonly Rival[] = [
  {
    name: 'smtp: amavis, clamd',
    debian: 'amavisd-new',
    user: 'amavis',
    connections: 2,
    command: (place) => amavis(place, ['@bypass_spam_checks_maps = (1);']),
  },
  {
    name: 'smtp: amavis, clamd and SpamAssassin',
    debian: 'amavisd-new',
    user: 'amavis',
    connections: 2,
    command: (place) => amavis(place, []),
  },
  {
    name: 'smtp: spampd (SpamAssassin)',
    debian: 'spampd',
    user: 'spampd',
    connections: 2,
    command: async ({ directory, port, back }) => [
      'spampd',
      '--nodetach',
      '--local-only',
      '--children=2',
      '--user=spampd',
      '--group=spampd',
      `--port=${port}`,
      `--relayport=${back}`,
      `--pid=${join(directory, 'pid')}`,
      // It does not start without a log.
      `--logsock=${existsSync('/dev/log') ? 'unix' : 'inet'}`,
      // Kilobytes; as much as candy and spamc give SpamAssassin.
      '--maxsize=500',
    ],
  },
]

/** Those that are written in Perl, as SpamAssassin is, and run it in their own processes. */
export const PERL_RIVALS: readonly Lane[] = PERL.map(rivalLane)

/** README.postfix of amavis; no decoding of archives, which clamd does itself. */
async function amavis(
  { directory, configuration, port, back, clamd }: Place,
  more: readonly string[],
): Promise<readonly [string, ...string[]]> {
  const config = await file(configuration, 'amavisd.conf', [
    'use strict;',
    `$MYHOME = '${directory}'; $TEMPBASE = '${directory}'; $QUARANTINEDIR = undef;`,
    `$daemon_user = 'amavis'; $daemon_group = 'amavis'; $pid_file = '${directory}/pid'; $lock_file = '${directory}/lock';`,
    `$myhostname = 'mx.example.test'; $mydomain = 'example.test'; @local_domains_maps = (1);`,
    '$max_servers = 2; $enable_db = 0; $do_syslog = 0; $log_level = 0;',
    `$LOGFILE = '${directory}/log'; $unix_socketname = undef; $inet_socket_bind = '127.0.0.1'; $inet_socket_port = ${port};`,
    `$forward_method = $notify_method = 'smtp:[127.0.0.1]:${back}';`,
    '$final_virus_destiny = $final_banned_destiny = $final_spam_destiny = $final_bad_header_destiny = D_PASS;',
    '@bypass_banned_checks_maps = (1); @bypass_header_checks_maps = (1); @decoders = ();',
    '$sa_local_tests_only = 1; $sa_mail_body_size_limit = 500*1024;',
    `@av_scanners = (['ClamAV', \\&ask_daemon, ["CONTSCAN {}\\n", '${clamd}'], qr/\\bOK$/m, qr/\\bFOUND$/m, qr/^.*?: (.*) FOUND$/m]);`,
    ...more,
    '1;',
  ])
  return ['amavisd', '-c', config, 'foreground']
}

/** Works while the client is connected, so nothing of Postfix's stands in its place. */
export const CLAMAV_MILTER: Lane = {
  name: 'milter: clamav-milter, clamd',
  kind: 'rival',
  against: NO_FILTER,
  debian: 'clamav-milter',
  start: async ({ clamd }) => {
    let directory = ''
    const testBed = await startTestBed(async (below) => {
      directory = below
      return { attach: { options: { smtpd_milters: `unix:${join(below, 'milter.sock')}` } }, main }
    })
    const socket = join(directory, 'milter.sock')
    const lines = [
      `MilterSocket ${socket}`,
      'MilterSocketMode 666',
      'Foreground yes',
      `ClamdSocket unix:${clamd.socket}`,
      'AddHeader Replace',
    ]
    const args = ['--config-file', await file(directory, 'clamav-milter.conf', lines)]
    return track(testBed, startDaemon({ command: 'clamav-milter', args, ready: () => accepts(socket) }))
  },
}

function rivalLane(rival: Rival): Lane {
  const { name, debian } = rival
  return { name, kind: 'rival', against: AFTER_LIMIT, debian, start: (daemons) => startRival(rival, daemons) }
}

async function startRival(rival: Rival, { clamd }: Daemons): Promise<Track> {
  const port = await freePort()
  const back = await freePort()
  const testBed = await startTestBed({ ...afterQueue(port, back, rival.connections), main })
  const directory = join(testBed.directory, 'rival')
  await mkdir(directory)
  await chown(directory, await idOf('passwd', rival.user), 0)
  const [command, ...args] = await rival.command({
    directory,
    configuration: testBed.directory,
    port,
    back,
    clamd: clamd.socket,
  })
  const ready = async (): Promise<boolean> => {
    const client = await connect(port)
    await client.quit()
    return true
  }
  return track(testBed, startDaemon({ command, args, ready, TIME_LIMIT: 60_000 }))
}

async function track(testBed: TestBed, starting: Promise<Daemon>): Promise<Track> {
  try {
    const daemon = await starting
    const stop = async (): Promise<void> => {
      await daemon.stop()
      await testBed.stop()
    }
    return { testBed, filters: [daemon.pid], stop }
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

/**
 * A filter after the queue that speaks SMTP at one port and hands mail back at another, between the same services as candy's: what
 * `candy enable` writes, but for TCP. It gets no more connections than it serves at the same time.
 */
export function afterQueue(port: number, back: number, connections = 10): Pick<TestBedOptions, 'prepare'> {
  const edit = (master: string): string => {
    const limited = changeService(master, 'candy-lmtp', () => ({ maxproc: String(connections) }))
    return backOverTcp(overTcp(limited, port), back)
  }
  return { prepare: ({ configDirectory }) => editFiles(configDirectory, { mode: 'smtp', edit }) }
}

async function file(directory: string, name: string, lines: readonly string[]): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, `${lines.join('\n')}\n`)
  return path
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
