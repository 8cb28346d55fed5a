/**
 * A host of its own for a site, as far as faults need one: /etc, /run, /var/log and /dev are its own in the mount namespace of its
 * Postfix, so that an account, a log daemon and a scanner can be missing there, and be put back by what is typed.
 */
import { join } from 'node:path'
import type { Patient } from './patient.js'

/** Devices that programs use. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty']

/** To be called once the site runs. All of it ends with the namespace. */
export async function makeHostPrivate({ directory, postfix, type }: Patient): Promise<void> {
  const home = join(directory, 'host')
  const devices = DEVICES.map((name) => `: >dev/${name} && mount --bind /dev/${name} dev/${name}`)
  await type(
    [
      `mkdir ${home} && mount -t tmpfs tmpfs ${home} && cd ${home}`,
      'cp -a /etc etc && mkdir dev',
      ...devices,
      'ln -s /proc/self/fd dev/fd && mkdir dev/pts dev/shm',
      'mount --bind etc /etc && mount --rbind dev /dev',
      `mount --bind ${postfix.configDirectory} /etc/postfix`,
      'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/log',
    ].join(' && '),
  )
}
