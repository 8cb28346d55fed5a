/**
 * Asks the filters from time to time whether they could work now, in one of the workers. So it is known that a scanner is away or that
 * its signatures are old before mail shows it.
 */
import { errorText } from '../os/error-text.js'
import type { HealthRound } from './control-message.js'
import type { RunningService } from './running-service.js'

/** Milliseconds from the start of a generation to the first round: its first messages come first. */
const FIRST_PAUSE = 3_000

/** Milliseconds between two rounds. A check may cost a scanner as much as a large message does. */
const INTERVAL = 600_000

export class HealthRounds {
  readonly #running: RunningService
  #timer: NodeJS.Timeout | undefined
  #last: HealthRound | undefined
  #ended = false

  constructor(running: RunningService) {
    this.#running = running
    this.restart()
  }

  /** The last result, which may be that of an earlier generation for a moment. */
  get last(): HealthRound | undefined {
    return this.#last
  }

  /** Asks the filters of the generation in force soon. */
  restart(): void {
    this.#schedule(FIRST_PAUSE)
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  #schedule(milliseconds: number): void {
    clearTimeout(this.#timer)
    if (!this.#ended) this.#timer = setTimeout(() => void this.#ask(), milliseconds).unref()
  }

  async #ask(): Promise<void> {
    const { generation } = this.#running
    try {
      const filters = await generation.workers.check()
      if (generation === this.#running.generation) this.#last = { checked: new Date().toISOString(), filters }
    } catch (error) {
      if (!this.#ended) generation.log.write('warn', 'the filters were not checked', { error: errorText(error) })
    }
    if (generation === this.#running.generation) this.#schedule(INTERVAL)
  }
}
