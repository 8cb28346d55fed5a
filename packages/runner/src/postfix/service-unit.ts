/**
 * The text of the service unit of `candy serve` (systemd.service(5), systemd.exec(5)). The service reads the mail of strangers, so it
 * may do no more than Node.js and the modes need; the reason for each restriction, and for each that is missing, is written beside it.
 * A system call that is not allowed fails with EPERM and does not kill: filters are other people's code, and what they cannot do
 * should be their error and not the end of a worker.
 */
import { join } from 'node:path'
import { ACCOUNT } from '../os/accounts.js'
import { type Instance, parameterOf } from './instance.js'
import { MODES_WITH_SOCKET, socketName } from './socket-unit.js'
import type { Runner } from './systemd.js'

/** The directories in the state directory to which the service writes. */
const WRITABLE = ['spool', 'quarantine', 'history', 'service', 'filters'] as const

export function serviceUnit(instance: Instance, { name, command, state }: Runner): string {
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
# Spool and quarantine hold other people's mail: nobody else may read a file that the service makes.
UMask=0077
# The directory for log.to = "/var/log/candy/..." in candy.toml.
LogsDirectory=candy

# The service is candy from the start, and neither it nor a filter can become anybody else.
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictSUIDSGID=yes
# Nothing can be written but the directories of this instance. Packages and configuration belong to root.
ProtectSystem=strict
ReadWritePaths=${WRITABLE.map((part) => quote(join(state, part))).join(' ')}
# Read-only and not hidden: a drop-in may name a package or a script there.
ProtectHome=read-only
# A /tmp of its own: what a script filter writes there nobody else finds, and nobody has put anything there before.
PrivateTmp=yes
# /dev/null, /dev/urandom and /dev/log are left, and no disk.
PrivateDevices=yes
# Processes of other accounts cannot be seen. candy looks at its own only.
ProtectProc=invisible
# What only the administrator of a machine changes.
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
# UNIX: Postfix and scanners. INET, INET6: scanners on other hosts, metrics. NETLINK: Node.js and getaddrinfo(3) list the addresses
# of the machine.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# Nothing here makes a namespace, asks for real time, or runs a program as another kind of machine would.
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native
# System V queues and memory of the account are gone when the service ends.
RemoveIPC=yes
# What services need. Node.js asks for a protection key for the memory of its compiler (pkeys(7)), which the set does not have. Of the
# privileged calls two stay, which give nothing to a process without capabilities: setpriv(1), which starts the workers, calls
# capset(2), and "cp -p" in a script filter chown(2).
SystemCallFilter=@system-service pkey_alloc pkey_free pkey_mprotect
SystemCallFilter=~@privileged
SystemCallFilter=@chown capset
SystemCallErrorNumber=EPERM
# Not set, because it would break what is needed:
# MemoryDenyWriteExecute= - Node.js compiles JavaScript to machine code while it runs, and crashes without.
# PrivateNetwork=, IPAddressDeny= - a scanner may be on another host.
# PrivateUsers= - the sockets' owners and groups decide who may connect, and would all be nobody.
# ProcSubset=pid - Node.js reads /proc/meminfo and /proc/stat to know how much memory and time there is.
# RootDirectory= - packages, Postfix's configuration and its sockets are in the file system of the host.

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
