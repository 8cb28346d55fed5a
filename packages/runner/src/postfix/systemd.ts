/**
 * Writes and starts the systemd units of `candy serve`: socket units, whose sockets stay open while the service restarts, and a
 * service unit with a watchdog (systemd.service(5), systemd.socket(5), systemd.exec(5)). The service is hardened as far as
 * Node.js can run: it would crash at once with MemoryDenyWriteExecute.
 *
 * All sockets of a unit share one name (FileDescriptorName=), so each socket has its own unit.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { ACCOUNT } from '../os/accounts.js'
import type { OwnedPath } from './directories.js'
import { PostfixError } from './error.js'
import { type Instance, parameterOf } from './instance.js'
import { MODES, type Mode, SERVED_MODES } from './mode.js'
import { pipeSocket } from './pipe-command.js'

const UNITS = '/etc/systemd/system'

/** The modes that have a socket. */
const MODES_WITH_SOCKET: readonly Mode[] = [...SERVED_MODES, 'pipe']

export interface Runner {
  /** `candy`, or `candy-NAME` for another instance than the default one. */
  readonly name: string
  /** The words of the command line of `candy serve`. */
  readonly command: readonly string[]
  /** The state directory. */
  readonly state: string
  /** The group of mail_owner, whose members may connect. */
  readonly group: string
}

/** Whether this machine was booted with systemd (sd_booted(3)). */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system')
}

/** The directories in the state directory to which the service writes. */
const WRITABLE = ['spool', 'quarantine', 'history', 'service', 'filters'] as const

/** The paths of the unit files, in the order in which the units are started. */
export function unitPaths(name: string): readonly string[] {
  return [...MODES_WITH_SOCKET.map((mode) => socketName(name, mode)), `${name}.service`].map((unit) =>
    join(UNITS, unit),
  )
}

/** The unit files as owned paths, with their texts. */
export function unitsFor(instance: Instance, runner: Runner): readonly OwnedPath[] {
  const texts = [...MODES_WITH_SOCKET.map((mode) => socketUnit(instance, runner, mode)), serviceUnit(instance, runner)]
  return unitPaths(runner.name).map((path, index) => ({ path, owner: 'root', mode: 0o644, text: texts[index] ?? '' }))
}

/**
 * Starts the runner, or restarts it if its unit files have changed. Returns a function that puts the units back as they were.
 * When systemctl fails, puts them back and throws PostfixError with what systemctl printed.
 */
export async function startUnits(units: readonly OwnedPath[]): Promise<() => Promise<void>> {
  const before = units.map(({ path }) => ({ path, text: readFileSync(path, 'utf8') }))
  const restore = (): Promise<void> => setUnits(before)
  await setUnits(units).catch(async (error: Error) => {
    await restore().catch(() => {})
    throw error
  })
  return restore
}

/** Writes the unit files that differ, and enables and starts the units. */
async function setUnits(units: readonly Pick<OwnedPath, 'path' | 'text'>[]): Promise<void> {
  const names = units.map(({ path }) => basename(path))
  const changed = units.filter(({ path, text }) => readFileSync(path, 'utf8') !== text)
  for (const { path, text = '' } of changed) writeFileSync(path, text)
  await systemctl('daemon-reload')
  await systemctl('enable', ...names)
  // systemd does not change a socket unit while the service has its socket, so everything is stopped first.
  if (changed.length > 0) await systemctl('stop', ...names.toReversed())
  await systemctl('start', ...names)
}

async function systemctl(...args: readonly string[]): Promise<void> {
  const { failed, stderr } = await execa('systemctl', [...args], { reject: false })
  if (failed) throw new PostfixError(`systemctl ${args.join(' ')}: ${stderr}; "journalctl -u candy" may tell more`)
}

function socketName(name: string, mode: Mode): string {
  return `${name}-${mode}.socket`
}

function socketUnit({ configDirectory, queueDirectory }: Instance, runner: Runner, mode: Mode): string {
  const { name, state, group } = runner
  const socket =
    mode === 'pipe'
      ? { path: pipeSocket(state), group: ACCOUNT, mode: '0600' }
      : { path: join(queueDirectory, MODES[mode].socket), group, mode: '0660' }
  return `[Unit]
Description=Socket on which candy receives mail from Postfix in mode ${mode} (${configDirectory})

[Socket]
ListenStream=${socket.path}
FileDescriptorName=${mode}
Service=${name}.service
SocketUser=${ACCOUNT}
SocketGroup=${socket.group}
SocketMode=${socket.mode}
RemoveOnStop=yes
# With a limit systemd would close the socket after many connections, and Postfix would suspend the transport.
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
`
}

function serviceUnit(instance: Instance, { name, command, state }: Runner): string {
  const { configDirectory, queueDirectory } = instance
  const sockets = MODES_WITH_SOCKET.map((mode) => socketName(name, mode)).join(' ')
  return `[Unit]
Description=Mail filters for Postfix (${configDirectory})
Requires=${sockets}
After=${sockets} network.target
# systemd restarts the service however often it fails, because mail waits for it.
StartLimitIntervalSec=0

[Service]
Sockets=${sockets}
Type=notify
NotifyAccess=all
WatchdogSec=2min
ExecStart=${command.map(quote).join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
User=${ACCOUNT}
Group=${ACCOUNT}
# This group may connect to the sockets in ${queueDirectory}/public, on which Postfix takes mail back from candy.
SupplementaryGroups=${parameterOf(instance, 'setgid_group')}
Restart=always
RestartSec=1
# On SIGTERM candy serve first delivers the messages that it is working on. What is left after the timeout is killed, workers
# included; Postfix sends their messages again.
KillMode=mixed
TimeoutStopSec=16min
UMask=0077
# The directory for log.to = "/var/log/candy/..." in candy.toml.
LogsDirectory=candy
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=${WRITABLE.map((name) => quote(join(state, name))).join(' ')}
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`
}

/** Quotes a word for a unit file (systemd.syntax(7)). `%` and `$` are doubled, since they have a special meaning. */
function quote(word: string): string {
  return /^[\w./@-]+$/.test(word)
    ? word
    : `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
}
