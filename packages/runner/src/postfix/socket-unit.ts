/** The text of a socket unit of `candy serve` (systemd.socket(5)): a socket for one mode, which stays open while the service restarts. */
import { join } from 'node:path'
import { ACCOUNT } from '../os/accounts.js'
import type { Instance } from './instance.js'
import { MODES, type Mode, SERVED_MODES } from './mode.js'
import { pipeSocket } from './pipe-command.js'
import type { Runner } from './systemd.js'

/** The modes that have a socket. */
export const MODES_WITH_SOCKET: readonly Mode[] = [...SERVED_MODES, 'pipe']

/** The name of the unit. `name` is that of the service, without its suffix. */
export function socketName(name: string, mode: Mode): string {
  return `${name}-${mode}.socket`
}

export function socketUnit({ configDirectory, queueDirectory }: Instance, runner: Runner, mode: Mode): string {
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
