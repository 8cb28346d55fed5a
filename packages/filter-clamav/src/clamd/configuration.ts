/** Finds clamd's configuration file, for messages that ask the operator to change it. */
import { existsSync } from 'node:fs'
import type { ServiceAddress } from '@candy/sdk/values'

/** The paths of Debian, of Fedora, of older packages, and of a clamd that was built from source. */
const FILES = ['/etc/clamav/clamd.conf', '/etc/clamd.d/scan.conf', '/etc/clamd.conf', '/usr/local/etc/clamd.conf']

const LOOPBACK = /^(?:127\.[0-9.]+|::1|localhost)$/i

/**
 * What a message calls the configuration file of the clamd at this address. For a clamd on this machine it is the first of `files`
 * that exists, or `clamd.conf` when none does; for one on another host it is `clamd.conf on HOST`.
 */
export function configurationOf(address: ServiceAddress, files: readonly string[] = FILES): string {
  const name = 'clamd.conf'
  if ('host' in address && !isLocal(address)) return `${name} on ${address.host}`
  return files.find((file) => existsSync(file)) ?? name
}

/** Whether the address is one of this machine. */
export function isLocal(address: ServiceAddress): boolean {
  return 'path' in address || LOOPBACK.test(address.host)
}
