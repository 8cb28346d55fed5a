/** How an instance is called where several of one host are told apart: the state directory, the units of systemd. */
import { resolve } from 'node:path'

/** The name of an instance's directory below `/var/lib/candy`: `postfix` for `/etc/postfix`, `srv-mail` for `/srv/mail`. */
export function instanceName(configDirectory: string): string {
  const path = resolve(configDirectory)
  return path === '/etc/postfix' ? 'postfix' : path.slice(1).replaceAll('/', '-') || 'root'
}
