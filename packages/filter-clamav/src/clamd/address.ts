/** Where a clamd listens: the LocalSocket or the TCPSocket of its clamd.conf(5), as an operator writes it. */

export type Address = { readonly path: string } | { readonly host: string; readonly port: number }

const TCP = /^(?:tcp:)?(?:\[(?<six>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|(?<host>[A-Za-z0-9._-]+)):(?<port>[0-9]{1,5})$/

/** sockaddr_un(7): 108 bytes with the NUL at the end; the kernel would cut a longer path without a word. */
const PATH_LIMIT = 107

/**
 * Reads `unix:/path`, `/path`, `tcp:host:port`, `host:port` and `[::1]:port`. Throws a TypeError that says what is wrong
 * with anything else.
 */
export function parseAddress(text: string): Address {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length) : text
  if (path.startsWith('/')) {
    if (path.includes('\0')) throw new TypeError('a NUL in the path of a socket')
    if (Buffer.byteLength(path) > PATH_LIMIT)
      throw new TypeError(`the path of a socket has at most ${PATH_LIMIT} bytes`)
    return { path }
  }
  if (text.startsWith('unix:')) throw new TypeError(`not an absolute path: ${JSON.stringify(path)}`)
  const parts = TCP.exec(text)?.groups
  const host = parts?.six ?? parts?.host
  const port = Number(parts?.port)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new TypeError(`not an address: ${JSON.stringify(text)}; write "/path", "host:port" or "[::1]:port"`)
  }
  return { host, port }
}

/** What `parseAddress` reads back. */
export function printAddress(address: Address): string {
  if ('path' in address) return `unix:${address.path}`
  return `tcp:${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}
