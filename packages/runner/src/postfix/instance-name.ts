/** Names a Postfix instance. The names of its state directory and its systemd units are derived from this name. */
import { resolve } from 'node:path'

/** The name of an instance's directory below `/var/lib/candy`: `postfix` for `/etc/postfix`, `srv-mail` for `/srv/mail`. */
export function instanceName(configDirectory: string): string {
  const path = resolve(configDirectory)
  return path === '/etc/postfix' ? 'postfix' : path.slice(1).replaceAll('/', '-') || 'root'
}
