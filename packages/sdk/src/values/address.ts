/** Reads and prints the addresses of services as operators write them: a UNIX socket, or a TCP port of a host. */
import { isIPv4, isIPv6 } from 'node:net'
import { ValueError } from './error.js'

/** An address in the form that `net.connect` accepts. */
export type ServiceAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** unix(7): `sun_path` has 108 bytes with the NUL at the end; the kernel would cut a longer path without an error. */
const PATH_LIMIT = 107

const FORMS = 'write "unix:/path", "host:port" or "[2001:db8::1]:port"'

/** The prefixes of TCP addresses in Postfix and other programs. */
const TCP = /^(?:tcp|inet):/

/** RFC 1123 section 2.1, and the underscore that some networks have. */
const HOST =
  /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$/

/**
 * Reads `unix:/path` and `/path`; `host:port`, `[2001:db8::1]:port`, and either with `tcp:` or `inet:` in front of it. Throws a
 * ValueError for anything else.
 */
export function parseAddress(written: unknown): ServiceAddress {
  if (typeof written !== 'string') throw new ValueError(`not an address: ${FORMS}`)
  const path = written.startsWith('unix:') ? written.slice('unix:'.length) : written
  if (path !== written || path.startsWith('/')) return { path: checkPath(path) }
  const text = written.replace(TCP, '')
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined) throw formError(written, text)
  if (port < 1 || port > 65_535) throw new ValueError(`not a port: ${digits} (1 to 65535)`)
  const known = bracketed === undefined ? isHost(host) : isIPv6(host)
  if (!known) throw new ValueError(`not a host: ${JSON.stringify(host)}; ${FORMS}`)
  return { host, port }
}

/** Prints an address so that `parseAddress` reads the same one. */
export function printAddress(address: ServiceAddress): string {
  if ('path' in address) return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

function checkPath(path: string): string {
  if (!path.startsWith('/')) throw new ValueError(`not an absolute path: ${JSON.stringify(path)}`)
  if (path.includes('\0')) throw new ValueError('a NUL in the path of a socket')
  if (Buffer.byteLength(path) > PATH_LIMIT) {
    throw new ValueError(
      `the path of a socket has at most ${PATH_LIMIT} bytes (unix(7)), not ${Buffer.byteLength(path)}`,
    )
  }
  return path
}

/** Whether it is a host. Digits and dots alone must be an IPv4 address; the prefixes of addresses are not hosts. */
function isHost(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIPv4(host)
  return HOST.test(host) && !['unix', 'tcp', 'inet'].includes(host)
}

function formError(written: string, text: string): ValueError {
  const what = `not an address: ${JSON.stringify(written)}; ${FORMS}`
  const [, host, port] = /^(.*):(\d{1,5})$/.exec(text) ?? []
  return host !== undefined && isIPv6(host) ? new ValueError(what, `[${host}]:${port}`) : new ValueError(what)
}
