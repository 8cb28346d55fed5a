/** How large a message Postfix takes: a filter whose scanner takes less has to say so before such mail comes. */
import { commandsOf } from './commands.js'
import { PostfixError } from './error.js'

/**
 * main.cf's `message_size_limit` in bytes (postconf(5)); undefined where it is 0, which is no limit, and where there is no
 * Postfix to tell. A service of master.cf may have another limit.
 */
export async function readSizeLimit(configDirectory: string): Promise<number | undefined> {
  try {
    const printed = await commandsOf(configDirectory)('postconf', '-x', '-h', 'message_size_limit')
    return sizeLimitOf(printed.trim())
  } catch (error) {
    if (error instanceof PostfixError) return undefined
    throw error
  }
}

/** Bytes, from the parameter as postconf(1) prints it. */
export function sizeLimitOf(printed: string): number | undefined {
  const limit = Number(printed)
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined
}
