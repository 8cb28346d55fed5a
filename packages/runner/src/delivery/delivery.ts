/** What goes on as the same bytes, to as many groups as that suits: it is handed over once. */
import type { Envelope } from '@candy/sdk'
import type { RecipientGroup } from '../chain/recipient-group.js'
import type { Content } from '../message/content.js'
import { headersWithin } from '../message/header-block.js'

export interface Delivery {
  readonly content: Content
  readonly groups: readonly RecipientGroup[]
  /** Where the recipients stand among those of the message, in order. */
  readonly positions: readonly number[]
}

/** Loads of the groups whose message goes on, in the order of the first recipient of each. */
export async function planDeliveries(groups: readonly RecipientGroup[]): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = []
  for (const group of groups.filter(({ outcome }) => outcome.action === 'accept')) {
    const at = await findAlike(deliveries, group)
    const { content, groups: others } = deliveries[at] ?? { content: group.outcome.content, groups: [] }
    const together = [...others, group]
    const positions = together.flatMap(({ positions }) => positions).toSorted((a, b) => a - b)
    deliveries[at] = { content, groups: together, positions }
  }
  return deliveries
}

/** The envelope for the recipients of a delivery. */
export function envelopeOf({ positions }: Delivery, { recipients, ...rest }: Envelope): Envelope {
  const [first = recipients[0], ...others] = positions.flatMap((position) => recipients[position] ?? [])
  return { ...rest, recipients: [first, ...others] }
}

/** New content is not compared; without any, the header block tells all. */
async function findAlike(deliveries: readonly Delivery[], { outcome }: RecipientGroup): Promise<number> {
  if (outcome.rewritten) return deliveries.length
  for (const [at, { groups, content }] of deliveries.entries()) {
    if (groups.some((other) => other.outcome.rewritten)) continue
    if (content === outcome.content || (await haveOneHeader(content, outcome.content))) return at
  }
  return deliveries.length
}

/** Headers that are too large to be held are not compared. */
async function haveOneHeader(one: Content, other: Content): Promise<boolean> {
  const [first, second] = [await headersWithin(one), await headersWithin(other)]
  return first !== undefined && second !== undefined && Buffer.compare(first, second) === 0
}
