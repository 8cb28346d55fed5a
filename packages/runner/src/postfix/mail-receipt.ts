/** Tests whether Postfix is configured to send any mail to candy. Without that, filters have no effect. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readText } from '@candy/master-cf'
import { findAttachedOptions, routesToCandy } from './attachment.js'
import { commandsOf } from './commands.js'
import { PostfixError } from './error.js'
import { isCandyFilter } from './filter-option.js'

/**
 * Whether a service of master.cf, or main.cf for all services, names candy. True where Postfix is missing and nobody can tell.
 */
export async function receivesMail(configDirectory: string): Promise<boolean> {
  const master = join(configDirectory, 'master.cf')
  if (!existsSync(master)) return true
  if (findAttachedOptions(readText(master), { parameters: new Map() }).some(routesToCandy)) return true
  try {
    const run = commandsOf(configDirectory)
    return isCandyFilter((await run('postconf', '-h', 'content_filter')).trim())
  } catch (error) {
    if (error instanceof PostfixError) return true
    throw error
  }
}
