/** Where a spamd listens, as an operator writes it. */

/** A UNIX socket or a TCP port. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number }

/** Longest path that fits into sun_path with its NUL, unix(7). */
const PATH_LIMIT = 107

/**
 * Reads `/path`, `unix:/path`, `host:port` or `[::1]:port`. Throws a RangeError that says what is wrong with the text.
 */
export function parseAddress(text: string): Address {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length) : text
  if (path.startsWith('/')) {
    if (Buffer.byteLength(path) > PATH_LIMIT || path.includes('\0')) {
      throw new RangeError(`${JSON.stringify(text)}: a socket's path has at most ${PATH_LIMIT} bytes`)
    }
    return { path }
  }
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || host === 'unix' || port < 1 || port > 65_535) {
    throw new RangeError(`${JSON.stringify(text)} is no address; write /path, unix:/path, host:port or [::1]:port`)
  }
  return { host, port }
}

/** The address in the form that `parseAddress` reads. */
export function printAddress(address: Address): string {
  if ('path' in address) return address.path
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
