/** Teaches SpamAssassin's Bayes database what a person says of a message, as spamc(1) does with `--learntype`. */
import { CandyError, type Context, type Lesson, type Message } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { withCode } from './error.js'
import type { Options } from './options.js'
import { tell } from './spamd/command.js'
import { bodyOf } from './spamd-body.js'

/**
 * Has every spamd learn or forget the message, since each may have a database of its own. It sends what it would send for a scan,
 * so that the same words are learned. Returns whether that changed the database of any.
 *
 * Throws the error of the first spamd, in the order of `addresses`, that did not take the lesson; the others may have taken it. The same lesson
 * may be given again: a spamd that has taken it changes nothing then.
 */
export async function learn(
  { addresses, user, scan_limit }: Options,
  message: Message,
  lesson: Lesson,
  { signal, log }: Context,
): Promise<boolean> {
  const body = bodyOf(message, Math.min(message.size, scan_limit))
  const options = { signal, ...(user === '' ? {} : { user }) }
  const learnAt = async (address: ServiceAddress): Promise<boolean> => {
    const changed = await withCode(tell(address, lesson, body, options)).catch(explainRefusal)
    log('learned', { lesson, changed, address: printAddress(address) })
    return changed
  }
  const results = await Promise.allSettled(addresses.map(learnAt))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return results.some((result) => result.status === 'fulfilled' && result.value)
}

/** Throws the error again, with what to type where spamd takes no lessons. */
function explainRefusal(error: unknown): never {
  if (!(error instanceof CandyError) || !error.message.includes('--allow-tell')) throw error
  const remedy =
    'on Debian, add --allow-tell to OPTIONS in /etc/default/spamd (Debian 11: /etc/default/spamassassin), then systemctl restart spamd (Debian 11: spamassassin)'
  throw new CandyError(error.code, `${error.message}: ${remedy}`, { cause: error })
}
