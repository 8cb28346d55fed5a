/** Where a service listens, as operators write it: a UNIX socket, or a TCP port of a host. */
import { isIPv4, isIPv6 } from 'node:net'
import { ValueError } from './error.js'

/** As `net.connect` takes it. */
export type ServiceAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** unix(7): `sun_path` has 108 bytes with the NUL at the end; a longer path would be cut without a word. */
const PATH_LIMIT = 107

const FORMS = 'write "unix:/path", "host:port" or "[2001:db8::1]:port"'

/** What Postfix and others call TCP in front of an address. */
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
  if (host === undefined) throw shapeless(written, text)
  if (port < 1 || port > 65_535) throw new ValueError(`not a port: ${digits} (1 to 65535)`)
  const known = bracketed === undefined ? isHost(host) : isIPv6(host)
  if (!known) throw new ValueError(`not a host: ${JSON.stringify(host)}; ${FORMS}`)
  return { host, port }
}

/** What `parseAddress` reads back. */
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

/** Digits and dots alone are an IPv4 address or nothing; so are the words that stand in front of an address. */
function isHost(host: string): boolean {
  if (/^[\d.]+$/.test(host)) return isIPv4(host)
  return HOST.test(host) && !['unix', 'tcp', 'inet'].includes(host)
}

function shapeless(written: string, text: string): ValueError {
  const what = `not an address: ${JSON.stringify(written)}; ${FORMS}`
  const [, host, port] = /^(.*):(\d{1,5})$/.exec(text) ?? []
  return host !== undefined && isIPv6(host) ? new ValueError(what, `[${host}]:${port}`) : new ValueError(what)
}
