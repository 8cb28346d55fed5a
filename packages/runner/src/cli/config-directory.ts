/** Which Postfix a command is about: `-c DIR`, else MAIL_CONFIG as Postfix's own commands, else the default instance. */
import { execa } from 'execa'

const DEFAULT = '/etc/postfix'

export async function findConfigDirectory(option: string | undefined): Promise<string> {
  const named = option ?? process.env.MAIL_CONFIG
  if (named !== undefined) return named
  const { stdout, failed } = await execa('postconf', ['-d', '-h', 'config_directory'], { reject: false })
  return failed ? DEFAULT : stdout.trim()
}
