/** Runs Postfix's own commands for one instance. All queries and actions that concern Postfix use them. */
import { execa } from 'execa'
import { PostfixError } from './error.js'

type CommandName = 'postcat' | 'postconf' | 'postfix' | 'postkick' | 'postqueue' | 'postsuper'

/** The search path, with the directories of Postfix's commands, which an ordinary account's PATH may lack. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`

/**
 * Runs a command and returns its standard output. Throws PostfixError with what the command printed when its exit status is not
 * 0.
 */
export type Commands = (name: CommandName, ...args: readonly string[]) => Promise<string>

/** The configuration directory of Postfix's default instance. */
export async function findDefaultDirectory(): Promise<string> {
  const { stdout, failed } = await execa('postconf', ['-d', '-h', 'config_directory'], { env: { PATH }, reject: false })
  return failed ? '/etc/postfix' : stdout.trim()
}

export function commandsOf(configDirectory: string): Commands {
  return async (name, ...args) => {
    const { failed, code, stdout, stderr, shortMessage } = await execa(name, ['-c', configDirectory, ...args], {
      env: { PATH },
      reject: false,
      stripFinalNewline: false,
    })
    if (!failed) return stdout
    if (code === 'ENOENT') {
      throw new PostfixError(`${name} is not to be found: is Postfix installed (on Debian: apt install postfix)?`)
    }
    // postfix(1) writes its errors only to the mail log when it does not run at a terminal.
    const silent = name === 'postfix' ? 'it failed, and the mail log has the reason' : shortMessage
    throw new PostfixError(`${name} ${args.join(' ')}: ${stderr.trim() || stdout.trim() || silent}`)
  }
}
