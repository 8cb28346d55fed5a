/** Where an SMTP service listens: a UNIX socket or a TCP port. */

export type ServiceAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** Reads `unix:/path`, `host:port` or `[::1]:port`. Absent when the text is none of them. */
export function parseAddress(text: string): ServiceAddress | undefined {
  const path = /^unix:(\/.+)$/.exec(text)?.[1]
  if (path !== undefined) return { path }
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host !== undefined && port > 0 && port < 65_536 ? { host, port } : undefined
}

export function printAddress(address: ServiceAddress): string {
  if ('path' in address) return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
