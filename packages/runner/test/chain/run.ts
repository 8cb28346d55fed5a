/** A chain of filters, run once over a message in memory. */
import { Chain } from '../../src/chain/chain.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { Deadline } from '../../src/chain/deadline.js'
import type { Outcome } from '../../src/chain/outcome.js'
import type { RecipientGroup } from '../../src/chain/recipient-group.js'
import { receive } from '../../src/message/spool.js'
import { chunks, memoryLog, text } from '../support.js'

export const MESSAGE: string = 'Subject: hi\r\nX-Mark: forged\r\n\r\nbody\r\n'

/** No message here is so large that it would be in a file. */
export const IN_MEMORY: { readonly directory: string; readonly memory: number } = {
  directory: '/nonexistent',
  memory: 1e6,
}

/** A message with fields that filters may declare, and with the runner's. */
export const FORGED: string = `x-own: clean\r\nX-Candy-Status: av; judged\r\nX-Own-Score: 0\r\n  folded\r\n${MESSAGE}`

export interface Ran {
  readonly outcome: Outcome
  readonly output: string
}

export async function run(
  filters: readonly ConfiguredFilter[],
  deadline = new Deadline(),
  message = MESSAGE,
): Promise<Ran> {
  const spool = IN_MEMORY
  const content = await receive(chunks(message), spool)
  const envelope = { sender: 's@example.com', recipients: ['r@example.com'] } as const
  const chain = new Chain(filters, { spool, log: memoryLog() })
  const outcome = only(await chain.run({ id: 'ID', envelope, content }, deadline))
  const output = await text(outcome.content.open())
  await outcome.close()
  await content.close()
  return { outcome, output }
}

/** The only group, where no filter has rules for recipients. */
export function only(groups: readonly RecipientGroup[]): Outcome {
  const [group, ...others] = groups
  if (group === undefined || others.length > 0) throw new Error(`${groups.length} groups`)
  return group.outcome
}
