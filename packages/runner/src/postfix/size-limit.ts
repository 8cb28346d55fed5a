/** Reads the largest message size that Postfix accepts, so that a filter can warn if its scanner has a lower limit. */
import { commandsOf } from './commands.js'
import { PostfixError } from './error.js'

/**
 * The parameter `message_size_limit` of main.cf in bytes (postconf(5)). Undefined where it is 0, which means no limit, and where
 * Postfix is missing. A service of master.cf may have another limit.
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

/** Converts the value that postconf(1) prints; undefined where it is no limit. */
export function sizeLimitOf(printed: string): number | undefined {
  const limit = Number(printed)
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined
}
