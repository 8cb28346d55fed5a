/** Reads the parameters of an instance with postconf(1). */
import type { Commands } from './commands.js'

/**
 * Values by name. `args` go to postconf: `-x` expands `$name` in values, `-d` prints the defaults, and names select single
 * parameters.
 */
export async function readParameters(run: Commands, ...args: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const parameters = new Map<string, string>()
  for (const line of (await run('postconf', ...args)).split('\n')) {
    const [, name, value] = /^([^\s=]+) =(?: (.*))?$/.exec(line) ?? []
    if (name !== undefined) parameters.set(name, value ?? '')
  }
  return parameters
}
