/**
 * The resident runner under systemd: sockets that outlive it, and a service that is watched (systemd.service(5),
 * systemd.socket(5), systemd.exec(5)). Hardened as far as Node.js bears: MemoryDenyWriteExecute would end it at once.
 *
 * A name holds for all sockets of a unit (FileDescriptorName=), so each socket has a unit of its own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { ACCOUNT } from '../os/accounts.js'
import type { OwnedPath } from './directories.js'
import { PostfixError } from './error.js'
import { type Instance, parameterOf } from './instance.js'
import { MODES, SMTP_MODES, type SmtpMode } from './mode.js'

const UNITS = '/etc/systemd/system'

export interface Runner {
  /** `candy`, or `candy-NAME` for another instance than the default one. */
  readonly name: string
  /** The command line of `candy serve`, each word by itself. */
  readonly command: readonly string[]
  readonly state: string
  /** The group of mail_owner: who may connect. */
  readonly group: string
}

/** Whether systemd runs this machine (sd_booted(3)). */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system')
}

/** Directories of the state that the service writes. */
const OWN = ['spool', 'quarantine', 'service', 'filters'] as const

/** InstancePaths of the unit files, in the order in which they are started. */
export function unitPaths(name: string): readonly string[] {
  return [...SMTP_MODES.map((mode) => socketName(name, mode)), `${name}.service`].map((unit) => join(UNITS, unit))
}

/** The unit files, as paths that `make` makes. */
export function unitsFor(instance: Instance, runner: Runner): readonly OwnedPath[] {
  const texts = [...SMTP_MODES.map((mode) => socketUnit(instance, runner, mode)), serviceUnit(instance, runner)]
  return unitPaths(runner.name).map((path, index) => ({ path, owner: 'root', mode: 0o644, text: texts[index] ?? '' }))
}

/**
 * Starts the runner, and anew where its units have changed. Returns what puts the units back as they were. Throws
 * PostfixError with what systemctl says, after putting them back.
 */
export async function startUnits(units: readonly OwnedPath[]): Promise<() => Promise<void>> {
  const before = units.map(({ path }) => ({ path, text: readFileSync(path, 'utf8') }))
  const back = (): Promise<void> => setUnits(before)
  await setUnits(units).catch(async (error: Error) => {
    await back().catch(() => {})
    throw error
  })
  return back
}

async function setUnits(units: readonly Pick<OwnedPath, 'path' | 'text'>[]): Promise<void> {
  const names = units.map(({ path }) => basename(path))
  const changed = units.filter(({ path, text }) => readFileSync(path, 'utf8') !== text)
  for (const { path, text = '' } of changed) writeFileSync(path, text)
  await systemctl('daemon-reload')
  await systemctl('enable', ...names)
  // A socket cannot be changed under a service that has it.
  if (changed.length > 0) await systemctl('stop', ...names.toReversed())
  await systemctl('start', ...names)
}

async function systemctl(...args: readonly string[]): Promise<void> {
  const { failed, stderr } = await execa('systemctl', [...args], { reject: false })
  if (failed) throw new PostfixError(`systemctl ${args.join(' ')}: ${stderr}; "journalctl -u candy" may tell more`)
}

function socketName(name: string, mode: SmtpMode): string {
  return `${name}-${mode}.socket`
}

function socketUnit({ configDirectory, queueDirectory }: Instance, { name, group }: Runner, mode: SmtpMode): string {
  return `[Unit]
Description=Where Postfix hands mail to candy in mode ${mode} (${configDirectory})

[Socket]
ListenStream=${join(queueDirectory, MODES[mode].socket)}
FileDescriptorName=${mode}
Service=${name}.service
SocketUser=${ACCOUNT}
SocketGroup=${group}
SocketMode=0660
RemoveOnStop=yes
# A limit would close the socket, and what Postfix cannot connect to it suspends.
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
`
}

function serviceUnit(instance: Instance, { name, command, state }: Runner): string {
  const { configDirectory, queueDirectory } = instance
  const sockets = SMTP_MODES.map((mode) => socketName(name, mode)).join(' ')
  return `[Unit]
Description=Mail filters for Postfix (${configDirectory})
Requires=${sockets}
After=${sockets} network.target
# However often it fails: mail waits for it.
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
# For the way back: the services candy-in and candy-in-before are sockets in ${queueDirectory}/public.
SupplementaryGroups=${parameterOf(instance, 'setgid_group')}
Restart=always
RestartSec=1
# Mail under way is finished first. When candy serve is killed, its workers are killed with it, and one that hangs keeps it from
# nothing; their mail comes again.
KillMode=mixed
TimeoutStopSec=16min
UMask=0077
# For candy.toml's log.to = "/var/log/candy/...".
LogsDirectory=candy
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=${OWN.map((name) => quote(join(state, name))).join(' ')}
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

/** systemd.syntax(7): a word in quotes; % and $ mean something else otherwise. */
function quote(word: string): string {
  return /^[\w./@-]+$/.test(word)
    ? word
    : `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
}
