/** How much memory a filter needs at most, with many large messages in it at the same moment. */
import { runCommand } from '../test/kit/command.js'
import type { Track } from './lane.js'
import { LARGEST } from './message.js'
import { family, proportionalSetSize } from './processes.js'
import { sendMany } from './sending.js'

const COUNT = 20

/** Milliseconds between two looks. */
const PAUSE = 100

/**
 * Sends 20 messages of 10 MiB at once and returns the bytes at the worst moment. After the queue they are held back until
 * the last has come, and Postfix may then have one process for each.
 */
export async function peakMemory({ testBed, filters, transport }: Track): Promise<number> {
  const { postfix } = testBed
  if (transport !== undefined) {
    const limit = `${transport}/unix/process_limit=${COUNT}`
    await runCommand('postconf', ['-c', postfix.configDirectory, '-F', limit])
    await postfix.set({ defer_transports: transport, initial_destination_concurrency: String(COUNT) })
    await postfix.reload()
  }
  const accepted = async (): Promise<void> => {
    if (transport === undefined) return
    await postfix.set({ defer_transports: '' })
    await postfix.reload()
    await postfix.flush()
  }
  let peak = 0
  const look = (): void => {
    peak = Math.max(peak, proportionalSetSize(family(filters)))
  }
  const timer = setInterval(look, PAUSE)
  try {
    await sendMany(testBed, [LARGEST], COUNT, { sessions: COUNT, accepted })
  } finally {
    clearInterval(timer)
  }
  return peak
}
