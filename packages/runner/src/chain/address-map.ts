/**
 * Values for recipients: for an address (`user@example.org`), a domain (`example.org`), all domains below one
 * (`.example.org`), and everybody else (`*`). The most specific one counts, in the order of transport(5): address, domain, the
 * domains above it, `*`.
 *
 * Letter case, quotes that an address does not need, and a dot at the end of a domain make no difference: a sender who knows the
 * rules must not get around one by spelling.
 */
export class AddressMap<T> {
  readonly #values: ReadonlyMap<string, T>

  /** Of two patterns that mean the same the last counts. */
  constructor(entries: Iterable<readonly [pattern: string, value: T]>) {
    this.#values = new Map(Array.from(entries, ([pattern, value]) => [foldAddress(pattern), value]))
  }

  values(): Iterable<T> {
    return this.#values.values()
  }

  find(address: string): T | undefined {
    for (const pattern of patternsOf(foldAddress(address))) {
      const value = this.#values.get(pattern)
      if (value !== undefined) return value
    }
    return undefined
  }
}

/** An address or a pattern in the spelling in which it is compared. */
export function foldAddress(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address
    .slice(at + 1)
    .toLowerCase()
    .replace(/\.$/, '')
  if (at === -1) return domain
  const local = address.slice(0, at).toLowerCase()
  // RFC 5321 §4.1.2: a quoted local part means what it means without its quotes.
  const bare = /^"(.*)"$/s.exec(local)?.[1]?.replace(/\\(.)/gs, '$1')
  return `${bare ?? local}@${domain}`
}

/** The patterns that match, the most specific first. An address without a domain has no pattern but `*`. */
function* patternsOf(address: string): Iterable<string> {
  const at = address.lastIndexOf('@')
  if (at !== -1) {
    yield address
    const domain = address.slice(at + 1)
    yield domain
    for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) yield domain.slice(dot)
  }
  yield '*'
}
