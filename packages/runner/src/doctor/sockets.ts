/** The sockets on which Postfix hands mail to candy: whether they are there, Postfix may connect, and candy serve answers. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { groupId } from '../os/accounts.js'
import { mailGroup } from '../postfix/directories.js'
import { answers } from '../postfix/listener.js'
import { MODES, SERVED_MODES } from '../postfix/mode.js'
import { hasSystemd } from '../postfix/systemd.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'
import { commandsToStart } from './service-commands.js'

/** Whether candy serve answers on the socket of each mode that has one, by path. */
export async function answeringSockets(queueDirectory: string): Promise<Readonly<Record<string, boolean>>> {
  const asked = SERVED_MODES.map(async (mode) => {
    const path = join(queueDirectory, MODES[mode].socket)
    return [path, await answers(path, mode)] as const
  })
  return Object.fromEntries(await Promise.all(asked))
}

export async function examineSockets(host: Host): Promise<readonly Observation[]> {
  const { instance, mode } = host
  if (mode === 'pipe')
    return [well('in mode pipe no socket is needed: without a service candy is started for each message')]
  const { answering } = await host.view()
  const group = await mailGroup(instance)
  const number = await groupId(group)
  const faults = Object.entries(answering).flatMap(([path, answers]) => {
    if (!answers) return [`candy serve does not answer on ${path}`]
    const stats = lstatSync(path, { throwIfNoEntry: false })
    const isOpen = stats?.isSocket() === true && stats.gid === number && (stats.mode & 0o060) === 0o060
    return isOpen ? [] : [`${path} is not open to the group ${group}, which Postfix's processes have`]
  })
  if (faults.length === 0) return [well(`candy serve answers on ${Object.keys(answering).join(' and ')}`)]
  const supervisor = hasSystemd()
    ? ''
    : ' A supervisor should start candy serve whenever it ends, and with the machine.'
  const meaning = `Postfix cannot hand mail to candy: it waits in the queue, or clients are told to try again.${supervisor}`
  return [urgent(faults.join('; '), meaning, await commandsToStart(host))]
}
