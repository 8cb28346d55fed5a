/** Candy enabled in pipe mode for a private Postfix, and `candy serve` beside it, to which candy-pipe hands each message over. */
import { join } from 'node:path'
import { pipeSocket } from '../../packages/runner/src/postfix/pipe-command.js'
import { type CandyOptions, startCandy } from './candy.js'
import { type RelayOptions, type RelayTestBed, serve } from './relay.js'

export type HandoverOptions = CandyOptions & Pick<RelayOptions, 'workers'>

export async function startHandover({ workers, ...options }: HandoverOptions = {}): Promise<RelayTestBed> {
  const candy = await startCandy(options)
  try {
    const listening = join(candy.postfix.queueDirectory, 'candy/lmtp')
    const served = await serve(candy, candy, { ...(workers !== undefined && { workers }) }, listening)
    return { ...served, socket: pipeSocket(candy.state) }
  } catch (error) {
    await candy.stop()
    throw error
  }
}
