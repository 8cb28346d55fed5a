/**
 * What holds for whom: something for an address (`user@example.org`), for a domain (`example.org`), for all domains below
 * one (`.example.org`), for everybody else (`*`). The nearest alone counts, in the order in which transport(5) looks:
 * address, domain, the domains above it, `*`.
 *
 * Letter case does not count, nor do quotes that an address need not have, nor a dot at the end of a domain: a sender who
 * knows the rules cannot slip past one by spelling.
 */
export class AddressMap<T> {
  readonly #values: ReadonlyMap<string, T>

  /** Patterns and what holds there. Of two that mean the same the last counts. */
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

/** An address or a pattern in the one spelling in which it is compared. */
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

/** An address without a domain is in nobody's domain. */
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
