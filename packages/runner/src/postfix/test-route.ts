/**
 * Lets test messages that come in by any receiving service end in this process: while they are sent, Postfix routes their domain to
 * the proof server. Nobody receives them, and no other mail is affected. The route is recorded like every change, so the next
 * command takes it out when this process is killed.
 */
import { join } from 'node:path'
import { unlinkIfThere } from '../os/unlink.js'
import { Changes } from './change.js'
import { commandsOf } from './commands.js'
import type { InstancePaths } from './directories.js'
import { reload } from './enabling.js'
import { filesOf, type Instance } from './instance.js'
import { type Journal, type PendingChange, writePending } from './journal.js'
import { SOCKET, withRoute } from './proof-configuration.js'
import { startProofServer } from './proof-server.js'
import { rollBack } from './recovery.js'

/**
 * Runs `act` while the route is there, and takes it out in any case, with the test messages that are left in the queue. `act` gets
 * the messages that have arrived, Latin-1. Call it only while this process holds the lock.
 */
export async function whileRouted<T>(
  {
    instance,
    paths,
    journal,
  }: { readonly instance: Instance; readonly paths: InstancePaths; readonly journal: Journal },
  act: (received: readonly string[]) => Promise<T>,
): Promise<T> {
  const run = commandsOf(paths.configDirectory)
  const { main: path } = filesOf(paths)
  const [before, routed] = [instance.mainText, withRoute(instance.mainText)]
  const pending: PendingChange = {
    version: 3,
    files: [{ path, before, written: [routed] }],
    created: [],
    before: journal,
    after: journal,
  }
  const socket = join(paths.queueDirectory, SOCKET)
  unlinkIfThere(socket)
  const server = await startProofServer(socket)
  try {
    writePending(paths, pending)
    new Changes().write({ path, from: before, to: routed })
    await reload(run)
    return await act(server.received)
  } finally {
    await rollBack(paths, pending, run)
    server.close()
  }
}
