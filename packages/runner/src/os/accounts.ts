/** Looks up accounts and groups of this host, in whatever databases nsswitch.conf(5) names. */
import { execa } from 'execa'

/** The account that filters and `candy serve` run as; its own group has the same name. */
export const ACCOUNT = 'candy'

export async function hasAccount(name: string): Promise<boolean> {
  return (await userId(name)) !== undefined
}

/** The user id of an account; undefined when there is no such account. */
export function userId(account: string): Promise<number | undefined> {
  return idIn('passwd', account)
}

/** The id of a group; undefined when there is no such group. */
export function groupId(group: string): Promise<number | undefined> {
  return idIn('group', group)
}

/** The name of an account's primary group; undefined when there is no such account. */
export async function primaryGroup(account: string): Promise<string | undefined> {
  return (await ask('id', '-gn', account))?.trim()
}

/** The id in the entry of that name: its third field (passwd(5), group(5)). */
async function idIn(database: 'passwd' | 'group', name: string): Promise<number | undefined> {
  const entry = await ask('getent', database, name)
  const id = Number(entry?.split(':')[2])
  return Number.isInteger(id) ? id : undefined
}

/**
 * What was found, by the command that printed it: one process asks for the same few names some thirty times. What is not there is not
 * remembered, since `candy enable` creates it.
 */
const found = new Map<string, Promise<string | undefined>>()

/** What the command prints; undefined when it fails. */
async function ask(command: string, ...args: readonly string[]): Promise<string | undefined> {
  const question = [command, ...args].join(' ')
  const earlier = found.get(question)
  if (earlier !== undefined) return earlier
  const answer = execa(command, args, { reject: false }).then(({ stdout, failed }) => (failed ? undefined : stdout))
  found.set(question, answer)
  if ((await answer) === undefined) found.delete(question)
  return answer
}
