/** What goes on as the same bytes, to as many parties as that suits: it is handed over once. */
import type { Envelope } from '@candy/sdk'
import type { Party } from '../chain/party.js'
import type { Content } from '../message/content.js'
import { headersWithin } from '../message/header-block.js'

export interface Load {
  readonly content: Content
  readonly parties: readonly Party[]
  /** Where the recipients stand among those of the message, in order. */
  readonly positions: readonly number[]
}

/** Loads of the parties whose message goes on, in the order of the first recipient of each. */
export async function makeLoads(parties: readonly Party[]): Promise<readonly Load[]> {
  const loads: Load[] = []
  for (const party of parties.filter(({ outcome }) => outcome.action === 'accept')) {
    const at = await findAlike(loads, party)
    const { content, parties: others } = loads[at] ?? { content: party.outcome.content, parties: [] }
    const together = [...others, party]
    const positions = together.flatMap(({ positions }) => positions).toSorted((a, b) => a - b)
    loads[at] = { content, parties: together, positions }
  }
  return loads
}

/** The envelope for the recipients of a load. */
export function envelopeOf({ positions }: Load, { recipients, ...rest }: Envelope): Envelope {
  const [first = recipients[0], ...others] = positions.flatMap((position) => recipients[position] ?? [])
  return { ...rest, recipients: [first, ...others] }
}

/** New content is not compared; without any, the header block tells all. */
async function findAlike(loads: readonly Load[], { outcome }: Party): Promise<number> {
  if (outcome.rewritten) return loads.length
  for (const [at, { parties, content }] of loads.entries()) {
    if (parties.some((other) => other.outcome.rewritten)) continue
    if (content === outcome.content || (await haveOneHeader(content, outcome.content))) return at
  }
  return loads.length
}

/** Headers that are too large to be held are not compared. */
async function haveOneHeader(one: Content, other: Content): Promise<boolean> {
  const [first, second] = [await headersWithin(one), await headersWithin(other)]
  return first !== undefined && second !== undefined && Buffer.compare(first, second) === 0
}
