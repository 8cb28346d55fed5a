/** Parameters of an instance, as postconf(1) prints them. */
import type { Commands } from './commands.js'

/** By name. `args` are those of postconf: `-x` for values with `$name` expanded, `-d` for defaults, names for these alone. */
export async function readParameters(run: Commands, ...args: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const parameters = new Map<string, string>()
  for (const line of (await run('postconf', ...args)).split('\n')) {
    const [, name, value] = /^([^\s=]+) =(?: (.*))?$/.exec(line) ?? []
    if (name !== undefined) parameters.set(name, value ?? '')
  }
  return parameters
}
