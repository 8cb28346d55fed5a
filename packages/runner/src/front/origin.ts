/**
 * Whether Postfix counts a message as its own host's, and so completes and maps the addresses in its header. pipe(8) does
 * not tell; by default (`local_header_rewrite_clients = permit_inet_interfaces`) it is so for mail from sendmail(1), which has
 * no client, and from the host's own addresses.
 */
import { networkInterfaces } from 'node:os'

/** What XFORWARD calls SOURCE (XFORWARD_README). `address` is the client's. */
export function originOf(address: string | undefined): 'LOCAL' | 'REMOTE' {
  if (address === undefined) return 'LOCAL'
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return own.some((one) => one.address === address) ? 'LOCAL' : 'REMOTE'
}
