/**
 * Whether Postfix counts a message as its own host's, and so completes its header and maps the addresses in it. pipe(8) does
 * not tell. It is so for mail from sendmail(1), which has no client; and for mail from the host's own addresses where
 * local_header_rewrite_clients of postconf(5) has it so, as by default. Where it does not, a header that was complete for the
 * filters would get fields behind their backs.
 */
import { networkInterfaces } from 'node:os'

/** What XFORWARD calls SOURCE (XFORWARD_README). `address` is the client's; `ownClientsAreLocal` is what Postfix's setting comes to. */
export function originOf(address: string | undefined, ownClientsAreLocal: boolean): 'LOCAL' | 'REMOTE' {
  if (address === undefined) return 'LOCAL'
  if (!ownClientsAreLocal) return 'REMOTE'
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return own.some((one) => one.address === address) ? 'LOCAL' : 'REMOTE'
}
