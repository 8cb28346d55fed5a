/** What keeps the tests from a release that is the machine's doing and says nothing of candy: no archive, no room, no container that boots. */
import { appendFile } from 'node:fs/promises'

/** Lines of what a command printed that are worth reading. */
const MOST = 20

export class Unavailable extends Error {}

/** Runs what needs nothing but the machine; what it throws becomes Unavailable, saying `what` could not be done. */
export async function asUnavailable<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const lines = (error as Error).message.trim().split('\n')
    throw new Unavailable(`${what}: ${[...lines.slice(0, 1), ...lines.slice(1).slice(-MOST)].join('\n')}`)
  }
}

/** Has test/hosts/run say something when all is done, where nobody can miss it. */
export async function sayAtTheEnd(text: string): Promise<void> {
  // biome-ignore lint/suspicious/noUndeclaredEnvVars: test/hosts/run sets it, and that is no task of Turborepo's
  await appendFile(process.env.CANDY_HOSTS_NOTES ?? '/dev/stderr', `${text}\n`)
}
