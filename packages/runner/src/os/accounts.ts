/** Accounts and groups of this host, from wherever it has them (nsswitch.conf(5)). */
import { execa } from 'execa'

/** Who filters and `candy serve` run as, and the name of that account's own group. */
export const ACCOUNT = 'candy'

export async function hasAccount(name: string): Promise<boolean> {
  return (await userId(name)) !== undefined
}

/** Undefined where there is no such account. */
export function userId(account: string): Promise<number | undefined> {
  return idIn('passwd', account)
}

/** Undefined where there is no such group. */
export function groupId(group: string): Promise<number | undefined> {
  return idIn('group', group)
}

/** The name of an account's own group; undefined where there is no such account. */
export async function primaryGroup(account: string): Promise<string | undefined> {
  const { stdout, failed } = await execa('id', ['-gn', account], { reject: false })
  return failed ? undefined : stdout.trim()
}

/** The third field of an entry (passwd(5), group(5)). */
async function idIn(database: 'passwd' | 'group', name: string): Promise<number | undefined> {
  const { stdout, failed } = await execa('getent', [database, name], { reject: false })
  const id = Number(stdout.split(':')[2])
  return failed || !Number.isInteger(id) ? undefined : id
}
