/** Where clamd's own configuration is, for messages that ask the operator to change it. */
import { existsSync } from 'node:fs'
import type { ServiceAddress } from '@candy/sdk/values'

/** Debian's, Fedora's, that of older packages, and that of a clamd that was built from source. */
const FILES = ['/etc/clamav/clamd.conf', '/etc/clamd.d/scan.conf', '/etc/clamd.conf', '/usr/local/etc/clamd.conf']

const LOOPBACK = /^(?:127\.[0-9.]+|::1|localhost)$/i

/** The first of these files that is there; the bare name where none is, or the clamd is on another host. */
export function configurationOf(address: ServiceAddress, files: readonly string[] = FILES): string {
  const name = 'clamd.conf'
  if ('host' in address && !LOOPBACK.test(address.host)) return `${name} on ${address.host}`
  return files.find((file) => existsSync(file)) ?? name
}
