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
  const { stdout, failed } = await execa('id', ['-gn', account], { reject: false })
  return failed ? undefined : stdout.trim()
}

/** The id in the entry of that name: its third field (passwd(5), group(5)). */
async function idIn(database: 'passwd' | 'group', name: string): Promise<number | undefined> {
  const { stdout, failed } = await execa('getent', [database, name], { reject: false })
  const id = Number(stdout.split(':')[2])
  return failed || !Number.isInteger(id) ? undefined : id
}
