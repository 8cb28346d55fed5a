/**
 * Checks how old SpamAssassin's rules are. sa-update(1) brings new ones; when it fails for weeks, spamd goes on with old rules, and
 * spam gets through.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

const DAY = 86_400_000

/** Milliseconds after which rules are old. New ones come every few days. */
const MAX_AGE = 45 * DAY

/** Where sa-update(1) keeps rules, a directory for each version of SpamAssassin. */
const STATE = '/var/lib/spamassassin'

/**
 * A sentence that ends in what to type; undefined while the rules are young. Undefined also where sa-update has never brought any:
 * the rules are then those of the package, as the distribution set it up.
 */
export async function rulesProblem(
  version: string | undefined,
  state: string = STATE,
  now: number = Date.now(),
): Promise<string | undefined> {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  const directory = `${major}.${minor.padStart(3, '0')}${patch.padStart(3, '0')}`
  const file = await stat(join(state, directory, 'updates_spamassassin_org.cf')).catch(() => undefined)
  if (file === undefined || now - file.mtimeMs <= MAX_AGE) return undefined
  const days = Math.floor((now - file.mtimeMs) / DAY)
  return `its rules are ${days} days old: sa-update && systemctl restart spamd (on Debian 11: spamassassin)`
}
