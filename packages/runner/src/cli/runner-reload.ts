/** Has the resident runner read filters.d anew, where it serves this instance. */
import { join } from 'node:path'
import { SOCKETS } from '../postfix/attachment.js'
import { commandsOf } from '../postfix/commands.js'
import { hasAccount, idOf } from '../postfix/directories.js'
import { PostfixError } from '../postfix/error.js'
import { holderOf } from '../postfix/holder.js'
import { USER } from '../postfix/services.js'

/** Says what it did, or what is left to do. */
export async function reloadRunner(configDirectory: string): Promise<string> {
  const pid = await findRunner(configDirectory)
  if (pid === undefined) return 'candy serve was not found; where it runs, SIGHUP has it know of this'
  process.kill(pid, 'SIGHUP')
  return 'candy serve reloads; it goes on with the filters it had if these do not load'
}

async function findRunner(configDirectory: string): Promise<number | undefined> {
  if (!(await hasAccount())) return undefined
  try {
    const queue = (await commandsOf(configDirectory)('postconf', '-h', 'queue_directory')).trim()
    const user = await idOf('passwd', USER)
    const holders = Object.values(SOCKETS).map((socket) => holderOf(join(queue, socket), user))
    return holders.find((pid) => pid !== undefined)
  } catch (error) {
    // Without Postfix, filters.d may be prepared all the same.
    if (error instanceof PostfixError) return undefined
    throw error
  }
}
