/**
 * Whether Postfix counts a message as local mail, and so completes its header and maps the addresses in it. pipe(8) does not
 * tell. It does for mail from sendmail(1), which has no client, and for mail from the host's own addresses where
 * local_header_rewrite_clients of postconf(5) says so, as it does by default. When it does not, Postfix must not add fields to a
 * header after the filters have seen it.
 */
import { networkInterfaces } from 'node:os'

/** Milliseconds for which the host's addresses count as known. Asking for them costs a tenth of what a message costs. */
const KNOWN_FOR = 1_000

let known: { readonly at: number; readonly addresses: ReadonlySet<string> } | undefined

/** What XFORWARD calls SOURCE (XFORWARD_README). `address` is the client's; `ownClientsAreLocal` is what Postfix's setting says. */
export function originOf(address: string | undefined, ownClientsAreLocal: boolean): 'LOCAL' | 'REMOTE' {
  if (address === undefined) return 'LOCAL'
  if (!ownClientsAreLocal) return 'REMOTE'
  return ownAddresses().has(address) ? 'LOCAL' : 'REMOTE'
}

function ownAddresses(): ReadonlySet<string> {
  const now = performance.now()
  if (known === undefined || now - known.at > KNOWN_FOR) {
    const lists = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    known = { at: now, addresses: new Set(lists.map(({ address }) => address)) }
  }
  return known.addresses
}
